// A write is acknowledged only when two backends really hold the bytes, even when one of them gives wrong answers or
// loses data.
// Shows I4, I7, I8 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import type { Fault } from "../support/faulty-s3-script.ts";
import { bytesOf, openRig } from "../support/rig.ts";

const bodies = [
  ["small", randomBytes(5_000)],
  ["large", randomBytes(2 * 1024 * 1024)],
] as const;
const sha256 = (bytes: Buffer | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const wrongEtag: Fault = {
  do: "answer",
  make: (honest) => ({ ...honest, headers: { ...honest.headers, etag: `"${"0".repeat(32)}"` } }),
};

const faults: readonly (readonly [string, Fault])[] = [
  ["answers 503", { do: "status", status: 503, code: "SlowDown" }],
  ["answers 503 before the body", { do: "status", status: 503, code: "SlowDown", early: true }],
  ["answers 403", { do: "status", status: 403, code: "AccessDenied" }],
  [
    "answers 307",
    { do: "status", status: 307, code: "TemporaryRedirect", headers: { location: "http://127.0.0.1:1/" } },
  ],
  ["hides an error in a 200", { do: "hide-error", code: "InternalError" }],
  ["answers a wrong ETag", wrongEtag],
  ["keeps half and says so", { do: "truncate", keep: 2_500, etagOf: "kept" }],
  ["cuts the connection at the head", { do: "disconnect", at: "head" }],
  ["cuts the connection in the body", { do: "disconnect", at: { requestBytes: 1 } }],
  ["cuts the connection before it stores", { do: "disconnect", at: "received" }],
  ["cuts the connection after it stored", { do: "disconnect", at: "stored" }],
];

describe.each(bodies)("a %s write to a store that", (_, bytes) => {
  it.each(faults)("%s goes to another one", async (_fault, fault) => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const script = far.store("a").script({ method: "PUT", key: /^blobs\// }, fault);
    const content = await rig.put("key", bytes);
    expect(script.hits).toBeGreaterThan(0);
    const name = content.kind === "fresh" ? content.storageKey : "";
    expect(content.kind === "fresh" && [...content.backends].sort()).toEqual(["b", "c"]);
    expect(sha256(far.held(name)["b"])).toBe(sha256(bytes));
    expect(sha256(far.held(name)["c"])).toBe(sha256(bytes));
    expect(sha256(await rig.get("key", { order: ["a", "b", "c"] }))).toBe(sha256(bytes));
  });

  it.each(faults)("%s is refused when no other is left, and leaves nothing", async (_fault, fault) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const script = far.store("a").script({ method: "PUT", key: /^blobs\// }, fault);
    await expect(rig.blobs.put(bytesOf(bytes), { scope: rig.scope })).rejects.toMatchObject({
      code: "ServiceUnavailable",
      headers: { "Retry-After": "2" },
    });
    script.remove();
    await rig.fleet.probeNow();
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
  });

  it.each(faults)(
    "%s is acknowledged with one copy where that is allowed, and the other is made later",
    async (_fault, fault) => {
      await using far = await startFarStores(2);
      await using rig = await openRig({ backends: far.backends });
      const script = far.store("a").script({ method: "PUT", key: /^blobs\// }, fault);
      const content = await rig.put("key", bytes, { minimumCopies: 1 });
      expect(content).toMatchObject({ backends: ["b"], copies: 2 });
      expect((await rig.metadata.stats.report(2)).underReplicated).toBe(1);
      script.remove();
      await rig.fleet.probeNow();
      await rig.upkeep.runDue();
      const held = far.held(content.kind === "fresh" ? content.storageKey : "");
      expect(sha256(held["a"])).toBe(sha256(bytes));
      expect(sha256(held["b"])).toBe(sha256(bytes));
      expect((await rig.metadata.stats.report(2)).underReplicated).toBe(0);
    },
  );
});

describe("a store that keeps half and says it kept all", () => {
  it.each(bodies)("misleads no reader of a %s object, and is repaired", async (_, bytes) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const script = far
      .store("a")
      .script({ method: "PUT", key: /^blobs\// }, { do: "truncate", keep: 2_500, etagOf: "received" });
    const content = await rig.put("key", bytes);
    script.remove();
    expect(sha256(await rig.get("key", { order: ["a", "b"] }))).toBe(sha256(bytes));
    expect((await rig.blobOf("key")).replicas).toContainEqual(expect.objectContaining({ backend: "a", state: "lost" }));
    await rig.upkeep.runDue();
    expect(sha256(far.held(content.kind === "fresh" ? content.storageKey : "")["a"])).toBe(sha256(bytes));
    expect((await rig.blobOf("key")).replicas.every(({ state }) => state === "verified")).toBe(true);
  });
});
