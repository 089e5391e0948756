// Shows I3 of docs/durability.md.
import { expect, it } from "vitest";
import type { ObjectAttributes } from "../../src/model.ts";
import { claimAll, etagOf, known, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const hardKeys = [
  "0012",
  "1e3",
  " a ",
  "a\rb",
  "__proto__",
  "../x",
  "a%2Fb",
  "//",
  "k".repeat(1024),
  "\u{1F600}",
  "\uFFFD",
  "é",
  "e\u0301",
  "?",
  "$1",
  "'; DROP TABLE objects; --",
];

onBothEngines("Objects", (store) => {
  it("returns a stored object with its bucket and blob", async () => {
    const { metadata, clock } = store();
    const { bucket, put } = await openPlace(metadata);
    const attributes: ObjectAttributes = {
      contentType: "text/plain",
      cacheControl: "no-cache",
      metadata: { colour: "blå" },
    };
    const checksum = { algorithm: "CRC32", type: "COMPOSITE", value: "AAAA-2" } as const;
    const parts = [
      { partNumber: 1, size: 2 },
      { partNumber: 3, size: 3, checksum: "x" },
    ];
    const stored = await put("a", "hello", { attributes, checksum, parts, etag: "other-2" });
    const { found } = await metadata.objects.find("pictures", "a");
    expect(found?.object).toEqual(stored);
    expect(stored).toEqual({
      key: "a",
      versionId: "null",
      size: 5,
      etag: "other-2",
      modifiedAt: clock.now(),
      attributes,
      checksum,
      parts,
    });
    expect(found?.bucket).toEqual(bucket);
    expect(found?.blob).toMatchObject({ size: 5, etag: etagOf("hello"), partSizes: undefined });
    expect(found?.blob.replicas.map(({ backend, state }) => [backend, state])).toEqual([
      ["amsterdam", "verified"],
      ["toronto", "verified"],
    ]);
  });

  it("distinguishes a missing bucket from a missing key", async () => {
    const { metadata } = store();
    const { bucket } = await openPlace(metadata);
    expect(await metadata.objects.find("nowhere", "a")).toEqual({ bucket: undefined, found: undefined });
    expect(await metadata.objects.find("pictures", "a")).toEqual({ bucket, found: undefined });
  });

  it("keeps keys apart however odd they are", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    for (const key of hardKeys) await put(key, `text of ${key}`);
    for (const key of hardKeys) {
      const { found } = await metadata.objects.find("pictures", key);
      expect(found?.object).toMatchObject({ key, etag: etagOf(`text of ${key}`) });
      expect((await metadata.objects.find("pictures", `${key}x`)).found).toBeUndefined();
      const listing = await metadata.objects.list(bucket.id, {
        prefix: key,
        delimiter: undefined,
        after: undefined,
        limit: 1,
      });
      expect(listing.entries).toMatchObject([{ object: { key } }]);
    }
    for (const key of hardKeys) expect(await metadata.objects.delete(bucket.id, key)).toBe(true);
  });

  it("refuses a null character in a key", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    await expect(put("a\0b", "hello")).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(metadata.objects.find("pictures", "a\0b")).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(metadata.objects.delete(bucket.id, "a\0b")).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  it("overwrites an object and releases its blob", async () => {
    const { metadata } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "first");
    const first = await blobOf("a");
    await put("a", "second");
    expect((await blobOf("a")).id).not.toBe(first.id);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 1, blobs: 1, reclaimableBytes: 5 });
  });

  it("refuses If-None-Match: * when the object exists, and writes when it does not", async () => {
    const { metadata } = store();
    const { put } = await openPlace(metadata);
    await put("a", "first", { condition: { ifNoneMatch: "*" } });
    await expect(put("a", "second", { condition: { ifNoneMatch: "*" } })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    expect((await metadata.objects.find("pictures", "a")).found?.object.etag).toBe(etagOf("first"));
  });

  it("checks If-Match against the present ETag", async () => {
    const { metadata } = store();
    const { put } = await openPlace(metadata);
    await expect(put("a", "x", { condition: { ifMatch: "*" } })).rejects.toMatchObject({ code: "NoSuchKey" });
    await put("a", "first");
    await expect(put("a", "second", { condition: { ifMatch: etagOf("other") } })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await put("a", "second", { condition: { ifMatch: etagOf("first") } });
    await put("a", "third", { condition: { ifMatch: "*" } });
    expect((await metadata.objects.find("pictures", "a")).found?.object.etag).toBe(etagOf("third"));
  });

  it("lets exactly one of many creators of a key win", async () => {
    const { metadata } = store();
    const { put } = await openPlace(metadata);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, at) => put("a", `text ${at}`, { condition: { ifNoneMatch: "*" } })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 11 }, () => "PreconditionFailed"));
  });

  it("counts references correctly when many clients write one key at once", async () => {
    const { metadata } = store();
    const { put } = await openPlace(metadata);
    await Promise.all(Array.from({ length: 16 }, (_, at) => put("a", `text ${at % 3}`)));
    const report = await metadata.stats.report(2);
    expect(report).toMatchObject({ objects: 1, blobs: 1, logicalBytes: 6, uniqueBytes: 6 });
  });

  it("refuses to write into a bucket that was deleted", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    await metadata.buckets.delete(bucket.id);
    await expect(put("a", "hello")).rejects.toMatchObject({ code: "NoSuchBucket" });
  });

  it("refuses new bytes whose storage key is no longer reserved: they may be being deleted", async () => {
    const { metadata } = store();
    const { fresh, put } = await openPlace(metadata);
    const content = await fresh("hello");
    await metadata.keyReservations.discard(content.storageKey);
    await expect(put("a", "hello", { content })).rejects.toMatchObject({ code: "SlowDown" });
    expect((await metadata.objects.find("pictures", "a")).found).toBeUndefined();
  });

  it("copies by reference: no bytes, one blob", async () => {
    const { metadata } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const blob = await blobOf("a");
    await put("b", "hello", { content: known(blob) });
    expect((await blobOf("b")).id).toBe(blob.id);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 2, blobs: 1, dedupRatio: 2 });
    await put("b", "hello", { content: known(blob) });
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 2, blobs: 1, reclaimableBytes: 0 });
  });

  it("asks for another try when a known blob is being deleted", async () => {
    const { metadata, clock } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const blob = await blobOf("a");
    await metadata.objects.delete(bucket.id, "a");
    await put("within the grace", "hello", { content: known(blob) });
    await metadata.objects.delete(bucket.id, "within the grace");
    clock.advance(60_001);
    expect(await metadata.blobs.takeReclaimable(10)).toHaveLength(1);
    await expect(put("b", "hello", { content: known(blob) })).rejects.toMatchObject({ code: "SlowDown" });
    await metadata.blobs.settleReclaimed([{ blobId: blob.id, gone: ["amsterdam", "toronto"] }], clock.now());
    await expect(put("b", "hello", { content: known(blob) })).rejects.toMatchObject({ code: "SlowDown" });
  });

  it("deletes under a condition, and treats an absent object as deleted", async () => {
    const { metadata, clock } = store();
    const { bucket, put } = await openPlace(metadata);
    await put("a", "hello");
    const { objects } = metadata;
    const modified = clock.now();
    await expect(objects.delete(bucket.id, "a", { ifMatch: "x" })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await expect(objects.delete(bucket.id, "a", { ifSize: 4 })).rejects.toMatchObject({ code: "PreconditionFailed" });
    await expect(
      objects.delete(bucket.id, "a", { ifModifiedAt: new Date(modified.getTime() - 1000) }),
    ).rejects.toMatchObject({ code: "PreconditionFailed" });
    expect(await objects.delete(bucket.id, "b", { ifMatch: "x" })).toBe(false);
    expect(await objects.delete(bucket.id, "a", { ifMatch: etagOf("hello"), ifSize: 5, ifModifiedAt: modified })).toBe(
      true,
    );
    expect(await objects.delete(bucket.id, "a")).toBe(false);
  });

  it("deletes many at once and returns each outcome in order", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    for (const key of ["a", "b", "c"]) await put(key, "same");
    const outcomes = await metadata.objects.deleteMany(bucket.id, [
      { key: "c" },
      { key: "zz" },
      { key: "a", ifMatch: "no" },
      { key: "b" },
      { key: "c" },
    ]);
    expect(outcomes).toEqual(["deleted", "deleted", "precondition-failed", "deleted", "deleted"]);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 1, blobs: 1, reclaimableBytes: 0 });
    await metadata.objects.deleteMany(bucket.id, [{ key: "a" }]);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 0, blobs: 0, reclaimableBytes: 4 });
  });

  it("deletes overlapping sets from several callers without harm", async () => {
    const { metadata } = store();
    const { bucket, put } = await openPlace(metadata);
    const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);
    for (const [at, key] of keys.entries()) await put(key, `text ${at % 4}`);
    await Promise.all(
      [keys, keys.toReversed(), keys.slice(4), keys.slice(0, 9)].map((some) =>
        metadata.objects.deleteMany(
          bucket.id,
          some.map((key) => ({ key })),
        ),
      ),
    );
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 0, blobs: 0, reclaimableBytes: 24 });
  });

  it("adds the jobs that a write needs in the same transaction", async () => {
    const { metadata } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("whole", "hello");
    expect(await claimAll(metadata)).toEqual([]);
    await put("short", "one copy", { content: await fresh("one copy", { backends: ["toronto"] }) });
    await put("parts", "unknown", { content: await fresh("unknown", { digest: undefined, partSizes: [3, 4] }) });
    const short = await blobOf("short");
    const parts = await blobOf("parts");
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "copy", blobId: short.id },
      { kind: "digest", blobId: parts.id },
    ]);
    expect(parts).toMatchObject({ digest: undefined, partSizes: [3, 4] });
  });
});
