// A backend that was given bytes has a row until it is known to be clean, whatever it answered: when the object is
// deleted and its grace is over, nothing stands anywhere.
// Shows I7 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type FarStores, startFarStores } from "../support/far-stores.ts";
import type { Fault } from "../support/faulty-s3-script.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { reclaimObject } from "../support/upload-in-parts.ts";

const DAY = 86_400_000;
const PUT = { method: "PUT", key: /^blobs\// } as const;
const answerLost: Fault = { do: "disconnect", at: "stored" };

async function reclaimed(far: FarStores, rig: Rig): Promise<readonly string[]> {
  await reclaimObject(rig);
  return far.traces();
}

const statesOf = async (rig: Rig) =>
  Object.fromEntries((await rig.blobOf("key")).replicas.map(({ backend, state }) => [backend, state]));

describe.each([
  ["small", randomBytes(5_000)],
  ["large", randomBytes(2 * 1024 * 1024)],
])("a %s write", (_, bytes) => {
  it.each<[string, Fault]>([
    ["stores the bytes and loses its answer", answerLost],
    ["stores half of them", { do: "truncate", keep: 2_500, etagOf: "kept" }],
  ])("to a store that %s leaves nothing there in the end", async (_fault, fault) => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const script = far.store("a").script(PUT, fault);
    await rig.put("key", bytes);
    script.remove();
    expect(far.traces().filter((trace) => trace.startsWith("a: "))).toHaveLength(1);
    expect(await statesOf(rig)).toEqual({ a: "lost", b: "verified", c: "verified" });
    expect(await reclaimed(far, rig)).toEqual([]);
  });

  it("whose replacement loses its answer too leaves nothing at either", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const scripts = ["a", "c"].map((name) => far.store(name).script(PUT, answerLost));
    await rig.put("key", bytes, { minimumCopies: 1 });
    for (const script of scripts) script.remove();
    expect(await statesOf(rig)).toEqual({ a: "lost", b: "verified", c: "lost" });
    expect(await reclaimed(far, rig)).toEqual([]);
  });

  it("that replaces rotten content leaves nothing either", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY, verifiedForMs: 0 });
    const first = await rig.put("key", bytes);
    for (const name of ["a", "b"]) far.store(name).remove(first.kind === "fresh" ? first.storageKey : "");
    const script = far.store("a").script(PUT, answerLost);
    await rig.put("key", bytes);
    script.remove();
    expect(await statesOf(rig)).toEqual({ a: "lost", b: "verified", c: "verified" });
    expect(await reclaimed(far, rig)).toEqual([]);
  });
});
