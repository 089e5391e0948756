// Shows I4, I5, I7, I8 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { md5 } from "../support/faulty-s3-store.ts";
import { openRig, openRigOver, statesOf } from "../support/rig.ts";

const sha256 = (bytes: Buffer | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const bytes = randomBytes(200_000);
const MINUTE = 60_000;

/** An object on "a" and "b", of which "c" knows nothing. */
async function stored() {
  const far = await startFarStores(3);
  const over = await openRigOver(far);
  const { rig } = over;
  const content = await rig.put("key", bytes);
  const blob = await rig.blobOf("key");
  const name = content.kind === "fresh" ? content.storageKey : "";
  return { ...over, far, blob, name, states: () => statesOf(rig, "key") };
}

describe("the copy job", () => {
  it("puts a lost replica back where there is room, in a region of its own", async () => {
    await using s = await stored();
    s.far.store("a").remove(s.name);
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(await s.states()).toEqual({ a: "verified", b: "verified" });
    expect(sha256(s.far.held(s.name)["a"])).toBe(sha256(bytes));
  });

  it("chooses another store when one is down", async () => {
    await using s = await stored();
    await s.far.store("a").stop();
    await s.rig.fleet.probeNow();
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(await s.states()).toEqual({ a: "lost", b: "verified", c: "verified" });
    expect(sha256(s.far.held(s.name)["c"])).toBe(sha256(bytes));
  });

  it("waits when no store is left, and continues when one is back", async () => {
    await using s = await stored();
    for (const name of ["a", "c"]) await s.far.store(name).stop();
    await s.rig.fleet.probeNow();
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(await s.rig.metadata.jobs.backlog()).toContainEqual(expect.objectContaining({ kind: "copy", waiting: 1 }));
    await s.far.store("c").restart();
    await s.rig.fleet.probeNow();
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect((await s.states())["c"]).toBe("verified");
  });

  it("never overwrites a copy that is good after all", async () => {
    await using s = await stored();
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    const writes = () => s.far.store("a").requests.filter(({ method }) => method === "PUT").length;
    const before = writes();
    await s.rig.upkeep.runDue();
    expect(await s.states()).toEqual({ a: "verified", b: "verified" });
    expect(writes()).toBe(before);
  });

  it("verifies what it copies: a corrupt source with the right ETag is not copied", async () => {
    await using s = await stored();
    s.far.store("a").remove(s.name);
    s.far.store("b").corrupt(s.name, (kept) => Buffer.concat([kept.subarray(1), Buffer.from("x")]));
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(await s.states()).toMatchObject({ a: "lost", b: "lost" });
    expect(s.far.held(s.name)).not.toHaveProperty("a");
    expect(s.far.held(s.name)).not.toHaveProperty("c");
  });

  it("ends when no object refers to the blob any more", async () => {
    await using s = await stored();
    const failing = async () => (await s.rig.metadata.failingJobs(10)).filter(({ kind }) => kind === "copy");
    for (const name of ["a", "b"]) {
      s.far.store(name).remove(s.name);
      await s.rig.metadata.blobs.setReplica(s.blob.id, name, "lost");
    }
    await s.rig.upkeep.runDue();
    expect(await failing()).toMatchObject([{ jobs: 1 }]);
    await s.rig.metadata.objects.delete(s.rig.bucket.id, "key");
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect(await failing()).toEqual([]);
  });

  it("takes the good one of two sources", async () => {
    await using s = await stored();
    s.far
      .store("a")
      .objects.set(s.name, { bytes: Buffer.from("other"), etag: md5(Buffer.from("other")), modifiedAt: new Date() });
    await s.rig.metadata.blobs.setReplica(s.blob.id, "c", "lost");
    await s.rig.metadata.blobs.setReplica(s.blob.id, "b", "verified");
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(Object.values(await s.states()).filter((state) => state === "verified").length).toBeGreaterThanOrEqual(2);
    for (const [store, state] of Object.entries(await s.states()))
      if (state === "verified") expect(sha256(s.far.held(s.name)[store])).toBe(sha256(bytes));
  });

  it("copies an object uploaded in parts with the same part sizes", async () => {
    await using s = await stored();
    const upload = await s.rig.startUpload("parts");
    await s.rig.uploadPart(upload, 1, randomBytes(5 * 1024 * 1024));
    await s.rig.uploadPart(upload, 2, randomBytes(100));
    const { etag } = await s.rig.completeUpload(upload);
    const blob = await s.rig.blobOf("parts");
    s.far.store("a").remove(upload.storageKey);
    await s.rig.metadata.blobs.setReplica(blob.id, "a", "lost");
    await s.rig.upkeep.runDue();
    expect(s.far.store("a").objects.get(upload.storageKey)?.etag).toBe(etag);
    expect(sha256(s.far.held(upload.storageKey)["a"])).toBe(sha256(s.far.held(upload.storageKey)["b"]));
  });

  it("leaves nothing behind when the blob was deleted while it ran", async () => {
    await using s = await stored();
    await s.far.store("a").stop();
    await s.rig.fleet.probeNow();
    await s.rig.metadata.blobs.setReplica(s.blob.id, "a", "lost");
    const held = s.far.store("c").script({ method: "PUT" }, { do: "hold" });
    const running = s.rig.upkeep.runDue();
    await held.met;
    await s.rig.metadata.objects.delete(s.rig.bucket.id, "key");
    s.rig.clock.advance(2 * 86_400_000);
    expect(await s.rig.metadata.blobs.takeReclaimable(10)).toHaveLength(1);
    held.release();
    await running;
    await s.rig.upkeep.runDue();
    expect(s.far.held(s.name)).not.toHaveProperty("c");
  });
});

describe("the digest job", () => {
  it("marks a replica lost when it does not match its ETag, and reads the other", async () => {
    await using s = await stored();
    const upload = await s.rig.startUpload("parts");
    await s.rig.uploadPart(upload, 1, bytes.subarray(1));
    await s.rig.completeUpload(upload);
    s.far.store("a").corrupt(upload.storageKey, (kept) => Buffer.concat([kept.subarray(1), Buffer.from("x")]));
    await s.rig.upkeep.runDue();
    expect((await s.rig.blobOf("parts")).digest).toBe(sha256(bytes.subarray(1)));
    expect(sha256(s.far.held(upload.storageKey)["a"])).toBe(sha256(bytes.subarray(1)));
  });

  it("waits for the copies of two equal blobs only as long as an object refers to them", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, minimumCopies: 1 });
    await far.store("b").stop();
    await rig.fleet.probeNow();
    for (const key of ["one", "two"]) {
      const upload = await rig.startUpload(key);
      await rig.uploadPart(upload, 1, bytes);
      await rig.completeUpload(upload);
      // The second finds the first's digest recorded: two that run at once may both find none.
      await rig.upkeep.runDue();
    }
    const failing = async () => (await rig.metadata.failingJobs(10)).filter(({ kind }) => kind === "digest");
    expect(await failing()).toMatchObject([{ jobs: 1, reason: expect.stringContaining("two equal blobs") }]);
    for (const key of ["one", "two"]) await rig.metadata.objects.delete(rig.bucket.id, key);
    rig.clock.advance(MINUTE);
    await rig.upkeep.runDue();
    expect(await failing()).toEqual([]);
  });
});

describe("the sweep of uploads", () => {
  it("forgets after a day what a completed upload became, and not before", async () => {
    await using s = await stored();
    const upload = await s.rig.startUpload("parts");
    await s.rig.uploadPart(upload, 1, bytes);
    await s.rig.completeUpload(upload);
    const remembered = () => s.rig.metadata.uploads.completed(upload.bucketId, upload.key, upload.uploadId);
    s.rig.clock.advance(86_400_000 - 2 * MINUTE);
    await s.rig.upkeep.runDue();
    expect(await remembered()).toBeDefined();
    s.rig.clock.advance(3 * MINUTE);
    await s.rig.upkeep.runDue();
    expect(await remembered()).toBeUndefined();
  });
});

describe("the drop job", () => {
  it("deletes on every store, also on one that returns later", async () => {
    await using s = await stored();
    const { content } = await s.rig.blobs.put(
      { size: 3, open: () => readable("abc"), claims: {}, sender: new AbortController() },
      { scope: undefined },
    );
    const name = content.kind === "fresh" ? content.storageKey : "";
    await s.far.store("a").stop();
    await s.rig.fleet.probeNow();
    await s.rig.blobs.discard(content);
    await s.rig.upkeep.runDue();
    expect(Object.keys(s.far.held(name))).toEqual(["a"]);
    await s.far.store("a").restart();
    await s.rig.fleet.probeNow();
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect(s.far.held(name)).toEqual({});
  });

  it("does not ask a store again that has deleted the bytes while another is down", async () => {
    await using s = await stored();
    const { name } = await discarded(s);
    await s.far.store("a").stop();
    await s.rig.fleet.probeNow();
    for (let hour = 0; hour < 3; hour++) {
      await s.rig.upkeep.runDue();
      s.rig.clock.advance(60 * MINUTE);
    }
    const deletions = (store: string) =>
      s.far.store(store).requests.filter(({ method, key }) => method === "DELETE" && key === name).length;
    expect([deletions("b"), deletions("c")]).toEqual([1, 1]);
    await s.far.store("a").restart();
    await s.rig.fleet.probeNow();
    await s.rig.upkeep.runDue();
    expect(s.far.held(name)).toEqual({});
    expect((await s.rig.metadata.jobs.backlog()).filter(({ kind }) => kind === "drop")).toEqual([]);
  });

  it("waits for a registered store that is not configured, but not for a removed one", async () => {
    await using s = await stored();
    const { backends, jobs } = s.rig.metadata;
    await backends.register("elsewhere", "identity");
    await discarded(s);
    await s.rig.upkeep.runDue();
    expect(await jobs.backlog()).toContainEqual(expect.objectContaining({ kind: "drop", waiting: 1, attempts: 1 }));
    await backends.setState("elsewhere", "removed");
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect((await jobs.backlog()).filter(({ kind }) => kind === "drop")).toEqual([]);
  });

  it("does not delete bytes of an object", async () => {
    await using s = await stored();
    await s.rig.blobs.discard({
      kind: "fresh",
      ...s.blob,
      backends: ["a"],
      copies: 2,
      good: 2,
      scope: undefined,
      touched: [],
      replaces: undefined,
    });
    await s.rig.upkeep.runDue();
    expect(Object.keys(s.far.held(s.name))).toEqual(["a", "b"]);
  });
});

/** Bytes on two stores that got no name, and the drop job for them. */
async function discarded({ rig }: Awaited<ReturnType<typeof stored>>) {
  const { content } = await rig.blobs.put(
    { size: 3, open: () => readable("abc"), claims: {}, sender: new AbortController() },
    { scope: undefined },
  );
  await rig.blobs.discard(content);
  return { name: content.kind === "fresh" ? content.storageKey : "" };
}

function readable(text: string) {
  return Readable.from([Buffer.from(text)]);
}
