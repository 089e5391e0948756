// A backend that accepts requests and never answers delays nobody by more than five seconds.
// Shows I4 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type FarStores, startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig } from "../support/rig.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const bodies = [
  ["small", randomBytes(5_000)],
  ["large", randomBytes(20 * 1024 * 1024)],
] as const;

/** From now on nothing sent to "a" is answered, nor read past its first bytes. */
function hang(far: FarStores): void {
  far.store("a").script({ method: "PUT" }, { do: "stop-reading", after: 1 });
  far.store("a").script({}, { do: "hang" });
}

async function withinFiveSeconds<T>(work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work;
  } finally {
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  }
}

describe.each(bodies)("a %s write to a store that hangs", (_, bytes) => {
  it("goes to another one", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, probeIntervalMs: 500, probeTimeoutMs: 750 });
    hang(far);
    expect(await withinFiveSeconds(rig.put("key", bytes))).toMatchObject({
      kind: "fresh",
      backends: expect.arrayContaining(["b", "c"]),
    });
    expect(sha256(await rig.get("key"))).toBe(sha256(bytes));
  });

  it("is refused when no other is left", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, probeIntervalMs: 500, probeTimeoutMs: 750 });
    hang(far);
    await withinFiveSeconds(
      expect(rig.blobs.put(bytesOf(bytes), { scope: rig.scope })).rejects.toMatchObject({ code: "ServiceUnavailable" }),
    );
  });
});

describe.each(bodies)("a %s read from a store that hangs", (_, bytes) => {
  it.each([
    ["at once", { do: "hang" } as const],
    ["after it was asked", { do: "hold-answer" } as const],
  ])("%s goes on from the other", async (_when, fault) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, probeIntervalMs: 500, probeTimeoutMs: 750 });
    await rig.put("key", bytes);
    far.store("a").script({}, fault);
    expect(sha256(await withinFiveSeconds(rig.get("key", { order: ["a", "b"] })))).toBe(sha256(bytes));
  });
});

describe("an upload in parts", () => {
  it("starts elsewhere when a store hangs", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, probeIntervalMs: 500, probeTimeoutMs: 750 });
    hang(far);
    const started = await withinFiveSeconds(rig.blobs.startUpload());
    expect(started.backends.map(({ backend }) => backend).sort()).toEqual(["b", "c"]);
  });

  it("is refused when too few stores answer", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, probeIntervalMs: 500, probeTimeoutMs: 750 });
    hang(far);
    await withinFiveSeconds(expect(rig.blobs.startUpload()).rejects.toMatchObject({ code: "ServiceUnavailable" }));
  });
});
