// A second upload of known bytes reuses the stored replicas only when they are still good; otherwise the received bytes
// repair them.
// Shows I4, I8 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import type { FaultyS3 } from "../support/faulty-s3.ts";
import { md5 } from "../support/faulty-s3-store.ts";
import { openRig } from "../support/rig.ts";

const sha256 = (bytes: Buffer | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const replace = (store: FaultyS3, name: string, bytes: Buffer) =>
  store.objects.set(name, { bytes, etag: md5(bytes), modifiedAt: new Date() });
const rots: readonly (readonly [string, (store: FaultyS3, name: string, bytes: Buffer) => void])[] = [
  ["removed", (store, name) => store.remove(name)],
  ["truncated", (store, name, bytes) => replace(store, name, bytes.subarray(0, 1_000))],
  ["truncated under its ETag", (store, name) => store.corrupt(name, (bytes) => bytes.subarray(1))],
  [
    "changed in one bit",
    (store, name, bytes) =>
      replace(store, name, Buffer.concat([Buffer.from([(bytes[0] ?? 0) ^ 1]), bytes.subarray(1)])),
  ],
];
const hurt = [["one copy", ["a"]] as const, ["both copies", ["a", "b"]] as const];

describe.each([
  ["small", randomBytes(10_000)],
  ["large", randomBytes(2 * 1024 * 1024)],
])("known %s content", (_, bytes) => {
  describe.each(hurt)("with %s", (_which, names) => {
    it.each(rots)("%s is stored again by the next upload, for old objects and new", async (_rot, rot) => {
      await using far = await startFarStores(2);
      await using rig = await openRig({ backends: far.backends });
      const first = await rig.put("old", bytes);
      const name = first.kind === "fresh" ? first.storageKey : "";
      for (const store of names) rot(far.store(store), name, bytes);
      rig.clock.advance(2 * HOUR);
      const blob = await rig.blobOf("old");
      const second = await rig.put("new", bytes);
      expect(second).toMatchObject({ kind: "fresh", replaces: blob.id });
      expect((await rig.blobOf("new")).id).toBe(blob.id);
      for (const key of ["old", "new"])
        for (const order of [["a"], ["b"]]) expect(sha256(await rig.get(key, { order }))).toBe(sha256(bytes));
      rig.clock.advance(DAY + 1);
      await rig.upkeep.runDue();
      expect(far.held(name)).toEqual({});
      expect(Object.values(far.held(second.kind === "fresh" ? second.storageKey : "")).map(sha256)).toEqual([
        sha256(bytes),
        sha256(bytes),
      ]);
    });
  });

  it("that was verified recently is trusted without a check", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("old", bytes);
    const asked = far.store("a").requests.length;
    expect(await rig.put("new", bytes)).toMatchObject({ kind: "known" });
    if (bytes.length < 1_000_000) expect(far.store("a").requests).toHaveLength(asked);
  });

  it("that is still good is checked once, then trusted again", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("old", bytes);
    rig.clock.advance(2 * HOUR);
    expect(await rig.put("new", bytes)).toMatchObject({ kind: "known" });
    expect(await rig.put("newer", bytes)).toMatchObject({ kind: "known" });
    const looks = far.store("a").requests.filter(({ method, key }) => method === "HEAD" && key.startsWith("blobs/"));
    expect(looks).toHaveLength(1);
  });

  it("on a store that is down is stored again on the other stores, and its old copy is not lost", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("old", bytes);
    await far.store("a").stop();
    await rig.fleet.probeNow();
    expect(await rig.put("new", bytes)).toMatchObject({ kind: "fresh", backends: expect.arrayContaining(["b", "c"]) });
    expect(sha256(await rig.get("old"))).toBe(sha256(bytes));
  });

  it("needs only as many good copies as the bucket asks for", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("old", bytes);
    await far.store("a").stop();
    await rig.fleet.probeNow();
    expect(await rig.put("new", bytes, { minimumCopies: 1 })).toMatchObject({ kind: "known" });
  });
});

describe("a reader that opened the old bytes before they were replaced", () => {
  it("does not make the new ones lost", async () => {
    const bytes = randomBytes(10_000);
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const first = await rig.put("key", bytes);
    const stale = await rig.blobOf("key");
    for (const store of far.stores) store.remove(first.kind === "fresh" ? first.storageKey : "");
    rig.clock.advance(2 * HOUR);
    await rig.put("key", bytes);
    const { body } = await rig.blobs.open(stale, { order: ["a", "b"], reader: new AbortController() });
    expect(sha256(Buffer.isBuffer(body) ? body : undefined)).toBe(sha256(bytes));
    expect((await rig.blobOf("key")).replicas.map(({ state }) => state)).toEqual(["verified", "verified"]);
  });
});
