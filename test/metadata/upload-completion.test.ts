// Of all that complete an upload at the same time, one has the lease; only it can write the object.
// Shows I10 of docs/durability.md.
import { expect, it } from "vitest";
import { claimAll, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginCompletion, startUpload } from "../support/uploads.ts";

const LEASE = 30_000;

onBothEngines("The completion of an upload", (store) => {
  const open = async () => {
    const { metadata, clock } = store();
    const upload = await startUpload(metadata, await openPlace(metadata), "film");
    const { uploads } = metadata;
    const content = {
      kind: "fresh",
      storageKey: upload.storageKey,
      size: 7,
      etag: "whole-1",
      digest: undefined,
      partSizes: [7],
      backends: ["amsterdam", "toronto"],
      touched: [],
      copies: 2,
      good: 2,
      scope: undefined,
      replaces: undefined,
    } as const;
    const object = { content, etag: "whole-1", checksum: undefined, parts: [], condition: {} };
    const begin = () => uploads.beginCompletion(upload.uploadId, LEASE);
    return { metadata, uploads, clock, upload, begin, object };
  };

  it("is one at a time", async () => {
    const { begin, clock, uploads } = await open();
    const [one, two] = await Promise.all([begin(), begin()]);
    expect([one, two]).toContain("running");
    const mine = one === "running" ? two : one;
    if (mine === undefined || mine === "running") throw new Error("nobody may complete it");
    clock.advance(LEASE - 1);
    expect(await uploads.renewCompletion(mine, LEASE)).toBe(true);
    clock.advance(LEASE - 1);
    expect(await begin()).toBe("running");
    expect(await uploads.endCompletion(mine)).toBe(true);
    expect(await begin()).toMatchObject({ epoch: mine.epoch + 1 });
  });

  it("is taken over when its lease is over, and the former can do nothing more", async () => {
    const { metadata, upload, begin, clock, uploads, object } = await open();
    const former = await beginCompletion(metadata, upload);
    clock.advance(60_000);
    const latter = await begin();
    if (latter === undefined || latter === "running") throw new Error("the lease is over");
    expect(await uploads.renewCompletion(former, LEASE)).toBe(false);
    expect(await uploads.endCompletion(former)).toBe(false);
    await expect(uploads.complete(former, object)).rejects.toMatchObject({ code: "SlowDown" });
    expect(await begin()).toBe("running");
    const stored = await uploads.complete(latter, object);
    expect(await uploads.complete(former, object)).toEqual(stored);
    expect(await begin()).toBeUndefined();
  });

  it("of an upload that was aborted comes to nothing, and what it wrote meanwhile goes too", async () => {
    const { metadata, upload, begin, clock, uploads, object } = await open();
    const completion = await beginCompletion(metadata, upload);
    expect(await uploads.abort(upload.uploadId)).toBe(true);
    expect(await uploads.renewCompletion(completion, LEASE)).toBe(false);
    expect(await begin()).toBeUndefined();
    await expect(uploads.complete(completion, object)).rejects.toMatchObject({ code: "NoSuchUpload" });
    expect(await claimAll(metadata)).toEqual([]);
    clock.advance(60_000 + 60_000);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "drop", storageKey: upload.storageKey, backends: [] },
    ]);
  });

  it("of an upload whose bucket was deleted comes to nothing, and what it wrote meanwhile goes too", async () => {
    const { metadata, upload, begin, clock, uploads, object } = await open();
    const completion = await beginCompletion(metadata, upload);
    await metadata.buckets.delete(upload.bucketId);
    expect(await begin()).toBeUndefined();
    await expect(uploads.complete(completion, object)).rejects.toMatchObject({ code: "NoSuchUpload" });
    expect(await claimAll(metadata)).toEqual([]);
    clock.advance(60_000 + 60_000);
    expect((await claimAll(metadata)).map(({ work }) => work)).toEqual([
      { kind: "drop", storageKey: upload.storageKey, backends: [] },
    ]);
  });

  it("is not cut short because the upload is old", async () => {
    const { metadata, upload, clock, uploads } = await open();
    clock.advance(1_000);
    const stale = async () => (await uploads.stale(clock.now(), 10)).map(({ uploadId }) => uploadId);
    const completion = await beginCompletion(metadata, upload);
    expect(await stale()).toEqual([]);
    await uploads.endCompletion(completion);
    expect(await stale()).toEqual([upload.uploadId]);
  });

  it("finds again which backends were touched", async () => {
    const { upload, uploads } = await open();
    await uploads.touch(upload.uploadId, "oslo");
    await uploads.touch(upload.uploadId, "toronto");
    const found = await uploads.find(upload.bucketId, "film", upload.uploadId);
    expect(found).toEqual({ ...upload, touched: ["oslo"] });
  });
});
