import { expect, it } from "vitest";
import type { Upload } from "../../src/metadata/uploads.ts";
import { claimAll, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { startUpload } from "../support/uploads.ts";

const part = (partNumber: number, size: number) => ({
  partNumber,
  size,
  etag: `etag-${partNumber}-${size}`,
  checksum: undefined,
  backends: ["amsterdam", "toronto"],
});

onBothEngines("Uploads", (store) => {
  const whole = (upload: Upload) =>
    ({
      kind: "fresh",
      storageKey: upload.storageKey,
      size: 7,
      etag: "whole-2",
      digest: undefined,
      partSizes: [3, 4],
      backends: ["amsterdam", "toronto"],
      copies: 2,
      good: 2,
      scope: "account:1",
      touched: [],
      replaces: undefined,
    }) as const;
  const complete = async (upload: Upload, condition = {}) => {
    const { uploads } = store().metadata;
    const begun = await uploads.beginCompletion(upload.uploadId, 60_000);
    const completion = begun === undefined || begun === "running" ? { uploadId: upload.uploadId, epoch: 1 } : begun;
    return uploads.complete(completion, {
      content: whole(upload),
      etag: "whole-2",
      checksum: undefined,
      parts: [
        { partNumber: 1, size: 3 },
        { partNumber: 2, size: 4 },
      ],
      condition,
    });
  };

  it("finds an upload only under its own bucket and key", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    const upload = await startUpload(metadata, place, "film");
    expect(upload.uploadId).toMatch(/^[0-9A-Za-z_-]{40,}$/);
    expect(await metadata.uploads.find(place.bucket.id, "film", upload.uploadId)).toEqual(upload);
    expect(await metadata.uploads.find(place.bucket.id, "other", upload.uploadId)).toBeUndefined();
    expect(await metadata.uploads.find(place.bucket.id + 1, "film", upload.uploadId)).toBeUndefined();
    expect(await metadata.uploads.find(place.bucket.id, "film", "nonsense")).toBeUndefined();
  });

  it("keeps an upload without checksum or backends unchanged", async () => {
    const { metadata } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film", {
      checksumAlgorithm: undefined,
      checksumType: undefined,
      backends: [],
    });
    expect(await metadata.uploads.find(upload.bucketId, "film", upload.uploadId)).toEqual(upload);
  });

  it("refuses a deleted bucket and a storage key that is not reserved", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    await expect(startUpload(metadata, place, "film", { bucketId: 4711 })).rejects.toMatchObject({
      code: "NoSuchBucket",
    });
    await expect(startUpload(metadata, place, "film", { storageKey: "blobs/aa/never-reserved" })).rejects.toMatchObject(
      {
        code: "SlowDown",
      },
    );
  });

  it("takes over the reserved storage key: it is no leftover of its writer", async () => {
    const { metadata, clock } = store();
    await startUpload(metadata, await openPlace(metadata), "film");
    clock.advance(3_600_000);
    expect(await metadata.keyReservations.discardLeftovers(clock.now())).toBe(0);
  });

  it("lists parts by number, the last writer of a number winning", async () => {
    const { metadata, clock } = store();
    const { uploadId } = await startUpload(metadata, await openPlace(metadata), "film");
    for (const each of [part(10, 5), part(2, 5), part(1, 5)]) await metadata.uploads.putPart(uploadId, each);
    clock.advance(1000);
    const again = await metadata.uploads.putPart(uploadId, { ...part(2, 6), checksum: "abc", backends: ["toronto"] });
    expect(again.modifiedAt).toEqual(clock.now());
    const first = await metadata.uploads.parts(uploadId, { after: 0, limit: 2 });
    expect(first.map(({ partNumber, size }) => [partNumber, size])).toEqual([
      [1, 5],
      [2, 6],
    ]);
    expect(first[1]).toEqual(again);
    expect(
      (await metadata.uploads.parts(uploadId, { after: 2, limit: 10 })).map(({ partNumber }) => partNumber),
    ).toEqual([10]);
  });

  it("refuses a part of an upload that ended", async () => {
    const { metadata } = store();
    const { uploadId } = await startUpload(metadata, await openPlace(metadata), "film");
    await metadata.uploads.abort(uploadId);
    await expect(metadata.uploads.putPart(uploadId, part(1, 5))).rejects.toMatchObject({ code: "NoSuchUpload" });
  });

  it("becomes an object with the attributes it started with, and asks for its digest", async () => {
    const { metadata } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    await metadata.uploads.putPart(upload.uploadId, part(1, 3));
    const stored = await complete(upload);
    const { found } = await metadata.objects.find("pictures", "film");
    expect(found?.object).toEqual(stored);
    expect(stored).toMatchObject({
      etag: "whole-2",
      attributes: upload.attributes,
      parts: [
        { partNumber: 1, size: 3 },
        { partNumber: 2, size: 4 },
      ],
    });
    expect(found?.blob).toMatchObject({ storageKey: upload.storageKey, partSizes: [3, 4], digest: undefined });
    expect(await metadata.uploads.find(upload.bucketId, "film", upload.uploadId)).toBeUndefined();
    expect(await metadata.uploads.parts(upload.uploadId, { after: 0, limit: 10 })).toEqual([]);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([{ kind: "digest", blobId: found?.blob.id }]);
  });

  it("gives a repeated Complete the same answer, even when both run at once", async () => {
    const { metadata } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    const [one, two] = await Promise.all([complete(upload), complete(upload)]);
    expect(two).toEqual(one);
    expect(await complete(upload)).toEqual(one);
    expect(await metadata.uploads.completed(upload.bucketId, "film", upload.uploadId)).toEqual({
      etag: "whole-2",
      object: one,
    });
    expect(await metadata.uploads.completed(upload.bucketId, "other", upload.uploadId)).toBeUndefined();
    expect(await metadata.stats.report(2)).toMatchObject({ objects: 1, blobs: 1 });
  });

  it("accepts only bytes under its own storage key", async () => {
    const { metadata } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    await expect(complete({ ...upload, storageKey: "blobs/aa/another" })).rejects.toThrow("under the key");
    expect(await metadata.uploads.find(upload.bucketId, "film", upload.uploadId)).toEqual(upload);
  });

  it("forgets completed uploads after a while", async () => {
    const { metadata, clock } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    await complete(upload);
    await metadata.uploads.forgetCompleted(clock.now());
    expect(await metadata.uploads.completed(upload.bucketId, "film", upload.uploadId)).toBeDefined();
    clock.advance(1);
    await metadata.uploads.forgetCompleted(clock.now());
    expect(await metadata.uploads.completed(upload.bucketId, "film", upload.uploadId)).toBeUndefined();
    await expect(complete(upload)).rejects.toMatchObject({ code: "NoSuchUpload" });
  });

  it("is unchanged when the condition of its Complete fails", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    await place.put("film", "hello");
    const upload = await startUpload(metadata, place, "film");
    await expect(complete(upload, { ifNoneMatch: "*" })).rejects.toMatchObject({ code: "PreconditionFailed" });
    expect(await metadata.uploads.find(upload.bucketId, "film", upload.uploadId)).toEqual(upload);
  });

  it("adds a drop job for its bytes when it is aborted", async () => {
    const { metadata } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    expect(await metadata.uploads.abort(upload.uploadId)).toBe(true);
    expect(await metadata.uploads.abort(upload.uploadId)).toBe(false);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "drop", storageKey: upload.storageKey, backends: [] },
    ]);
    await expect(complete(upload)).rejects.toMatchObject({ code: "NoSuchUpload" });
  });

  it("is either completed or aborted, never both", async () => {
    const { metadata } = store();
    const place = await openPlace(metadata);
    for (let round = 0; round < 8; round++) {
      const upload = await startUpload(metadata, place, `film ${round}`);
      const [completed, aborted] = await Promise.allSettled([
        complete(upload),
        metadata.uploads.abort(upload.uploadId),
      ]);
      const { found } = await metadata.objects.find("pictures", `film ${round}`);
      expect(found !== undefined).toBe(completed.status === "fulfilled");
      expect(aborted).toMatchObject({ status: "fulfilled", value: completed.status === "rejected" });
    }
  });
});
