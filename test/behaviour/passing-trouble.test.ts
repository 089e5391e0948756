// When a backend fails once and is up again, no client has to repeat its request, even when it is the only backend
// left.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { openRig } from "../support/rig.ts";

const sha256 = (bytes: Buffer | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");

describe.each([
  ["small", randomBytes(10_000)],
  ["large", randomBytes(3 * 1024 * 1024)],
])("%s bytes", (_, bytes) => {
  it.each([
    ["a 503", { do: "status", status: 503, code: "SlowDown" } as const],
    ["a cut connection", { do: "disconnect", at: { requestBytes: 1 } } as const],
  ])("are stored on both of two stores in spite of %s", async (_trouble, fault) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const script = far.store("a").script({ method: "PUT", key: /^blobs\//, nth: 1 }, fault);
    const content = await rig.put("key", bytes);
    expect(script.hits).toBe(1);
    const held = far.held(content.kind === "fresh" ? content.storageKey : "");
    expect([held["a"], held["b"]].map(sha256)).toEqual([sha256(bytes), sha256(bytes)]);
  });

  it("are read from the only store in spite of a cut connection", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("key", bytes);
    await far.store("b").stop();
    await rig.fleet.probeNow();
    const script = far
      .store("a")
      .script({ method: "GET", key: /^blobs\//, nth: 1 }, { do: "disconnect", at: { responseBytes: 5_000 } });
    expect(sha256(await rig.get("key"))).toBe(sha256(bytes));
    expect(script.hits).toBe(1);
  });
});
