// The cache of small blobs: exact, bounded, and not displaced by a client that reads everything once.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BlobCache, CACHED_BLOB_BYTES } from "../../../src/blobs/read/blob-cache.ts";
import { startFarStores } from "../../support/far-stores.ts";
import { openRig, type Rig } from "../../support/rig.ts";

const KIB = 1024;
const small = randomBytes(4 * KIB);

describe("a cache of blobs", () => {
  const readTwice = (cache: BlobCache, key: string, bytes: Buffer) => {
    cache.add(key, bytes);
    cache.add(key, bytes);
  };

  it("keeps a blob from its second read on", () => {
    const cache = new BlobCache(64 * KIB);
    cache.add("key", small);
    expect(cache.get("key", small.length)).toBeUndefined();
    cache.add("key", small);
    expect(cache.get("key", small.length)).toEqual(small);
    expect(cache.counts).toMatchObject({ hits: 1, misses: 1 });
  });

  it("keeps bytes of its own", () => {
    const cache = new BlobCache(64 * KIB);
    const lent = Buffer.from(small);
    readTwice(cache, "key", lent);
    lent.fill(0);
    expect(cache.get("key", small.length)).toEqual(small);
  });

  it("stays within its size, and drops the least recently read blob", () => {
    const cache = new BlobCache(64 * KIB);
    for (let n = 0; n < 100; n++) {
      readTwice(cache, `key-${n}`, small);
      expect(cache.get("key-0", small.length)).toEqual(small);
      expect(cache.counts.bytes).toBeLessThanOrEqual(64 * KIB);
    }
    expect(cache.get("key-1", small.length)).toBeUndefined();
    expect(cache.get("key-99", small.length)).toEqual(small);
  });

  it("counts the overhead of empty blobs too", () => {
    const cache = new BlobCache(64 * KIB);
    for (let n = 0; n < 1000; n++) readTwice(cache, `key-${n}`, Buffer.alloc(0));
    expect(cache.counts.bytes).toBeGreaterThan(32 * KIB);
    expect(cache.counts.bytes).toBeLessThanOrEqual(64 * KIB);
  });

  it("is not flushed by reading everything else once", () => {
    const cache = new BlobCache(64 * KIB);
    readTwice(cache, "hot", small);
    for (let n = 0; n < 1000; n++) cache.add(`scanned-${n}`, small);
    expect(cache.get("hot", small.length)).toEqual(small);
  });

  it("neither keeps nor counts what is too large, or anything when it has no room", () => {
    const large = Buffer.alloc(CACHED_BLOB_BYTES + 1);
    for (const [cache, bytes] of [
      [new BlobCache(1024 * KIB), large],
      [new BlobCache(0), small],
    ] as const) {
      readTwice(cache, "key", bytes);
      expect(cache.get("key", bytes.length)).toBeUndefined();
      expect(cache.counts).toEqual({ hits: 0, misses: 0, bytes: 0 });
    }
  });
});

describe("a small blob that is read again", () => {
  const get = (rig: Rig, count: number) => Promise.all(Array.from({ length: count }, () => rig.get("key")));
  const asked = (far: Awaited<ReturnType<typeof startFarStores>>) =>
    far.stores
      .flatMap(({ requests }) => requests)
      .filter(({ method, key }) => method === "GET" && key.startsWith("blobs/")).length;

  it("comes from memory, also a range of it, when no backend is left", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, cacheBytes: 64 * KIB });
    await rig.put("key", small);
    for (let n = 0; n < 3; n++) expect(await rig.get("key")).toEqual(small);
    expect(asked(far)).toBe(2);
    for (const store of far.stores) await store.stop();
    await rig.fleet.probeNow();
    expect(await rig.get("key")).toEqual(small);
    expect(await rig.get("key", { range: { first: 10, last: 19 } })).toEqual(small.subarray(10, 20));
    expect(rig.blobs.cacheCounts).toMatchObject({ hits: 3, misses: 2 });
  });

  it("is not kept when only a range of it was read", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, cacheBytes: 64 * KIB });
    await rig.put("key", small);
    for (let n = 0; n < 4; n++) await rig.get("key", { range: { first: 0, last: 99 } });
    expect(asked(far)).toBe(4);
    expect(rig.blobs.cacheCounts.bytes).toBe(0);
  });

  it("is kept only with the bytes that it was written with", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, cacheBytes: 64 * KIB });
    const content = await rig.put("key", small);
    far.store("a").corrupt(content.kind === "fresh" ? content.storageKey : "", (bytes) => bytes.fill(7));
    expect(await get(rig, 2)).toEqual([small, small]);
    expect(await rig.get("key")).toEqual(small);
  });

  it("returns new bytes as soon as the object has them", async () => {
    await using rig = await openRig({ cacheBytes: 64 * KIB });
    await rig.put("key", small);
    await get(rig, 3);
    const other = randomBytes(500);
    await rig.put("key", other);
    expect(await rig.get("key")).toEqual(other);
  });

  it.each([
    ["the md5s of its parts", async (_: Rig) => undefined],
    ["its digest, once that is known", (rig: Rig) => rig.upkeep.runDue()],
  ])("uploaded in parts is checked against %s", async (_, before) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, cacheBytes: 64 * KIB });
    const upload = await rig.startUpload("key");
    await rig.uploadPart(upload, 1, small);
    await rig.completeUpload(upload);
    await before(rig);
    far.store("a").corrupt((await rig.blobOf("key")).storageKey, (bytes) => bytes.fill(7));
    for (let n = 0; n < 3; n++) expect(await rig.get("key", { order: ["a", "b"] })).toEqual(small);
    expect(rig.blobs.cacheCounts).toMatchObject({ hits: 1 });
  });
});
