import { expect, it } from "vitest";
import type { Blob } from "../../src/model.ts";
import { claimAll, digestOf, etagOf, known, openPlace } from "../support/content.ts";
import { graceMs, onBothEngines } from "../support/engines.ts";

onBothEngines("Blobs", (store) => {
  it("stores equal content of one scope once and drops the later copy", async () => {
    const { metadata } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const again = await fresh("hello");
    await put("b", "hello", { content: again });
    expect((await blobOf("b")).id).toBe((await blobOf("a")).id);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "drop", storageKey: again.storageKey, backends: [] },
    ]);
  });

  it("stores equal content once when it is written at the same time", async () => {
    const { metadata } = store();
    const { put } = await openPlace(metadata);
    await Promise.all(Array.from({ length: 16 }, (_, at) => put(`k${at}`, "hello")));
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 16, blobs: 1, replicas: 2 });
    expect(await claimAll(metadata)).toHaveLength(15);
  });

  it("never shares content between scopes, or without a scope", async () => {
    const { metadata } = store();
    const { fresh, put } = await openPlace(metadata);
    await put("a", "hello");
    await put("b", "hello", { content: await fresh("hello", { scope: "account:other" }) });
    await put("c", "hello", { content: await fresh("hello", { scope: undefined }) });
    await put("d", "hello", { content: await fresh("hello", { scope: undefined }) });
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 4, blobs: 4 });
  });

  it("treats content of another size as different, even with the same digest", async () => {
    const { metadata } = store();
    const { fresh, put } = await openPlace(metadata);
    await put("a", "hello");
    await put("b", "longer", { content: await fresh("longer", { digest: digestOf("hello") }) });
    expect(await metadata.stats.report(2)).toMatchObject({ blobs: 2, uniqueBytes: 11 });
  });

  it("finds a live blob by digest within its scope, with its replicas", async () => {
    const { metadata } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const scope = `account:${bucket.owner.id}`;
    expect(await metadata.blobs.findByDigest(scope, digestOf("hello"))).toEqual(await blobOf("a"));
    expect(await metadata.blobs.findByDigest("account:none", digestOf("hello"))).toBeUndefined();
    expect(await metadata.blobs.findByDigest(scope, digestOf("other"))).toBeUndefined();
  });

  it("replaces a corrupt blob by good bytes, and drops the old bytes after the grace", async () => {
    const { metadata, clock } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const rotten = await blobOf("a");
    const good = await fresh("hello", {
      replaces: rotten.id,
      backends: ["singapore"],
      partSizes: [5],
      etag: "other-1",
    });
    await put("b", "hello", { content: good });
    const healed = await blobOf("a");
    expect(healed).toMatchObject({ id: rotten.id, storageKey: good.storageKey, etag: "other-1", partSizes: [5] });
    expect(healed.replicas.map(({ backend }) => backend)).toEqual(["singapore"]);
    expect((await metadata.objects.find("pictures", "a")).found?.object.etag).toBe(etagOf("hello"));
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([{ kind: "copy", blobId: healed.id }]);
    clock.advance(graceMs);
    expect((await claimAll(metadata)).map(({ work }) => work)).toContainEqual({
      kind: "drop",
      storageKey: rotten.storageKey,
      backends: [],
      expected: { size: rotten.size, etag: rotten.etag },
    });
    expect(await metadata.stats.report(1)).toMatchObject({ objects: 2, blobs: 1 });
  });

  it("takes good bytes as a new blob when the one to be replaced is gone", async () => {
    const { metadata } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello", { content: await fresh("hello", { replaces: 4711 }) });
    expect((await blobOf("a")).replicas).toHaveLength(2);
  });

  it("knows whether an account may read an object with a blob", async () => {
    const { metadata } = store();
    const alice = await openPlace(metadata);
    const bob = await openPlace(metadata, "bobs", "bob");
    await alice.put("a", "hello");
    const blob = await alice.blobOf("a");
    expect(await metadata.blobs.isReadableBy(blob.id, { accountId: alice.bucket.owner.id, places: undefined })).toBe(
      true,
    );
    expect(await metadata.blobs.isReadableBy(blob.id, { accountId: bob.bucket.owner.id, places: undefined })).toBe(
      false,
    );
    await metadata.objects.delete(alice.bucket.id, "a");
    expect(await metadata.blobs.isReadableBy(blob.id, { accountId: alice.bucket.owner.id, places: undefined })).toBe(
      false,
    );
  });

  it("looks at no more than a hundred of a blob's objects to know who may read it", async () => {
    const { metadata } = store();
    const alice = await openPlace(metadata);
    const bob = await openPlace(metadata, "bobs", "bob");
    await bob.put("0", "hello");
    const blob = await bob.blobOf("0");
    const checksum = { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" } as const;
    for (let at = 1; at < 99; at++) await bob.put(`${at}`, "hello", { content: known(blob) });
    await alice.put("hundredth", "hello", { content: known(blob), checksum });
    await bob.put("after", "hello", { content: known(blob), checksum });
    const alices = { accountId: alice.bucket.owner.id, places: undefined };
    const bobs = { accountId: bob.bucket.owner.id, places: undefined };
    expect(await metadata.blobs.checksums(blob.id, alices)).toEqual([checksum]);
    expect(await metadata.blobs.checksums(blob.id, bobs)).toEqual([]);
    expect(await metadata.blobs.isReadableBy(blob.id, bobs)).toBe(true);
  });

  it("makes a copy job when a replica becomes lost, once", async () => {
    const { metadata, clock } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const { id } = await blobOf("a");
    clock.advance(1000);
    expect(await metadata.blobs.setReplica(id, "toronto", "lost")).toBe(true);
    expect((await blobOf("a")).replicas).toContainEqual({ backend: "toronto", state: "lost", verifiedAt: clock.now() });
    const jobs = await claimAll(metadata);
    expect(jobs.map(({ work }) => work)).toEqual([{ kind: "copy", blobId: id }]);
    for (const job of jobs) await metadata.jobs.finish(job);
    await metadata.blobs.setReplica(id, "toronto", "lost");
    expect(await claimAll(metadata)).toEqual([]);
    await metadata.blobs.setReplica(id, "toronto", "verified");
    await metadata.blobs.setReplica(id, "singapore", "verified");
  });

  it("ignores observations of a storage key that the blob no longer has", async () => {
    const { metadata } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const before = await blobOf("a");
    await put("b", "hello", { content: await fresh("hello", { replaces: before.id }) });
    expect(await metadata.blobs.setReplica(before.id, "singapore", "verified", before.storageKey)).toBe(false);
    expect(await metadata.blobs.setReplica(before.id, "amsterdam", "lost", before.storageKey)).toBe(false);
    const after = await blobOf("a");
    expect(after.replicas.map(({ backend, state }) => `${backend} ${state}`).sort()).toEqual([
      "amsterdam verified",
      "toronto verified",
    ]);
    expect(await metadata.blobs.setReplica(before.id, "singapore", "verified", after.storageKey)).toBe(true);
    expect(await metadata.blobs.setReplica(4711, "singapore", "verified")).toBe(false);
  });

  it("returns reclaimable blobs only after the grace, and again after a crash", async () => {
    const { metadata, clock } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    await put("kept", "kept");
    const blob = await blobOf("a");
    await metadata.objects.delete(bucket.id, "a");
    clock.advance(graceMs - 1);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([]);
    clock.advance(1);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([blob]);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([blob]);
    expect(await metadata.blobs.find(blob.id)).toBeUndefined();
    expect(await metadata.blobs.setReplica(blob.id, "singapore", "verified")).toBe(false);
    const later = new Date(clock.now().getTime() + 1000);
    await metadata.blobs.settleReclaimed([{ blobId: blob.id, gone: ["toronto"] }], later);
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([]);
    clock.advance(1000);
    expect(await metadata.blobs.takeReclaimable(10)).toMatchObject([{ replicas: [{ backend: "amsterdam" }] }]);
    await metadata.blobs.settleReclaimed([{ blobId: blob.id, gone: ["amsterdam"] }], clock.now());
    expect(await metadata.blobs.takeReclaimable(10)).toEqual([]);
    expect(await metadata.stats.report(2)).toMatchObject({ blobs: 1, replicas: 2, reclaimableBytes: 0 });
  });

  it("does not forget a blob that is in use", async () => {
    const { metadata } = store();
    const { put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const blob = await blobOf("a");
    await metadata.blobs.settleReclaimed([{ blobId: blob.id, gone: ["amsterdam", "toronto"] }], new Date());
    expect(await blobOf("a")).toEqual(blob);
  });

  it("stores content again while its former blob is being deleted", async () => {
    const { metadata, clock } = store();
    const { bucket, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    const going = await blobOf("a");
    await metadata.objects.delete(bucket.id, "a");
    clock.advance(graceMs);
    await metadata.blobs.takeReclaimable(10);
    await put("b", "hello");
    expect((await blobOf("b")).id).not.toBe(going.id);
    expect((await metadata.blobs.findByDigest(`account:${bucket.owner.id}`, digestOf("hello")))?.id).toBe(
      (await blobOf("b")).id,
    );
  });

  it("fills in a digest, and makes one blob of two that turn out equal", async () => {
    const { metadata, clock } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    const late = { digest: undefined, partSizes: [2, 3], etag: "parts-2" };
    await put("first", "hello", { content: await fresh("hello", late), etag: "parts-2" });
    const first = await blobOf("first");
    expect(await metadata.blobs.setDigest(first.id, digestOf("hello"))).toEqual({ merged: undefined });
    expect((await blobOf("first")).digest).toBe(digestOf("hello"));
    await put("second", "hello", { content: await fresh("hello", late), etag: "parts-2" });
    await put("copy", "hello", {
      content: { kind: "known", blobId: (await blobOf("second")).id, size: 5, etag: "parts-2" },
    });
    const second = await blobOf("second");
    expect(await metadata.blobs.setDigest(second.id, digestOf("hello"), first)).toEqual({ merged: first.id });
    expect([(await blobOf("second")).id, (await blobOf("copy")).id]).toEqual([first.id, first.id]);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 3, blobs: 1, reclaimableBytes: 5 });
    clock.advance(graceMs);
    expect((await metadata.blobs.takeReclaimable(10)).map(({ id }) => id)).toEqual([second.id]);
  });

  it.each([
    ["nothing was proven", () => undefined],
    ["another storage key was proven", (equal: Blob) => ({ id: equal.id, storageKey: "blobs/ab/before" })],
    ["another blob was proven", (equal: Blob) => ({ id: equal.id + 2, storageKey: equal.storageKey })],
  ])("moves the objects of the equal blob to the one that was read when %s", async (_, targetOf) => {
    const { metadata, clock } = store();
    const { bucket, fresh, put, blobOf } = await openPlace(metadata);
    await put("first", "hello");
    const first = await blobOf("first");
    await put("second", "hello", { content: await fresh("hello", { digest: undefined }) });
    const second = await blobOf("second");
    expect(await metadata.blobs.findEqual(second.id, digestOf("hello"))).toEqual(first);
    expect(await metadata.blobs.findEqual(second.id, digestOf("other"))).toBeUndefined();
    expect(await metadata.blobs.setDigest(second.id, digestOf("hello"), targetOf(first))).toEqual({ merged: first.id });
    for (const key of ["first", "second"]) expect(await blobOf(key)).toEqual({ ...second, digest: digestOf("hello") });
    const scope = `account:${bucket.owner.id}`;
    expect((await metadata.blobs.findByDigest(scope, digestOf("hello")))?.id).toBe(second.id);
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 2, blobs: 1, reclaimableBytes: 5 });
    clock.advance(graceMs);
    expect((await metadata.blobs.takeReclaimable(10)).map(({ id }) => id)).toEqual([first.id]);
  });

  it("moves more objects than one transaction does", async () => {
    const { metadata, look } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("first", "hello");
    const first = await blobOf("first");
    for (let at = 0; at < 1001; at++) await put(`${first.id}/${at}`, "hello", { content: known(first) });
    await put("second", "hello", { content: await fresh("hello", { digest: undefined }) });
    const second = await blobOf("second");
    await metadata.blobs.setDigest(second.id, digestOf("hello"));
    const counts = await look<{ id: number; ref_count: number }>((knex) => knex("blobs").orderBy("id"));
    expect(counts.map((row) => [Number(row.id), Number(row.ref_count)])).toEqual([
      [first.id, 0],
      [second.id, 1003],
    ]);
    expect((await blobOf(`${first.id}/1000`)).id).toBe(second.id);
  });

  it("does not merge across scopes or sizes, nor fails on a blob that is gone", async () => {
    const { metadata } = store();
    const { fresh, put, blobOf } = await openPlace(metadata);
    await put("a", "hello");
    await put("other scope", "hello", { content: await fresh("hello", { digest: undefined, scope: "account:other" }) });
    await put("other size", "longer", { content: await fresh("longer", { digest: undefined }) });
    for (const key of ["other scope", "other size"]) {
      expect(await metadata.blobs.setDigest((await blobOf(key)).id, digestOf("hello"))).toEqual({ merged: undefined });
    }
    expect(await metadata.blobs.setDigest(4711, digestOf("hello"))).toEqual({ merged: undefined });
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 3, blobs: 3 });
  });

  it.each(["moved to the equal one", "given the objects of the equal one"])(
    "keeps every object whole while blobs are %s under running writes",
    async (way) => {
      const { metadata } = store();
      const { fresh, put, blobOf } = await openPlace(metadata);
      await put("seed", "hello");
      const target = way.startsWith("moved") ? await blobOf("seed") : undefined;
      const keys = Array.from({ length: 8 }, (_, at) => `k${at}`);
      for (const key of keys) await put(key, "hello", { content: await fresh("hello", { digest: undefined }) });
      const blobs = await Promise.all(keys.map(blobOf));
      await Promise.all([
        ...blobs.map(({ id }) => metadata.blobs.setDigest(id, digestOf("hello"), target)),
        ...keys.map((key) => put(key, "other")),
        ...keys.map((key) => put(`${key}+`, "hello")),
      ]);
      const sums = { objects: 17, blobs: 2, logicalBytes: 85, uniqueBytes: 10, reclaimableBytes: 40 };
      expect(await metadata.stats.report(2)).toMatchObject(sums);
    },
  );
});
