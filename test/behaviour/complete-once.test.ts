// Requests that complete, abort or change one upload at the same time do not spoil each other's work.
// Shows I1, I5 of docs/durability.md.
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig } from "../support/rig.ts";
import {
  COMPLETE,
  complete,
  DAY,
  ETAG,
  expectNothingLeft,
  expectWhole,
  MINUTE,
  PART,
  requests,
  sendPart,
  sendParts,
  uploadWithGap,
} from "../support/upload-in-parts.ts";

describe("requests that meet", () => {
  it("complete an upload once: the second waits for the first, and disturbs nothing", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    const held = far.store("a").script(PART, { do: "hold" });
    const first = complete(rig, upload);
    await held.met;
    const others = [complete(rig, upload), complete(rig, upload)];
    await expect(rig.metadata.uploads.beginCompletion(upload.uploadId, MINUTE)).resolves.toBe("running");
    held.release();
    expect(await first).toMatchObject({ etag: ETAG });
    expect(await Promise.all(others)).toEqual([undefined, undefined]);
    expect(await rig.metadata.uploads.completed(rig.bucket.id, "key", upload.uploadId)).toMatchObject({ etag: ETAG });
    expect(held.hits).toBe(1);
    for (const name of ["a", "b"]) {
      expect(requests(far, name, "DELETE")).toEqual([]);
      expect(requests(far, name, "POST", "uploadId")).toHaveLength(1);
    }
    await expectWhole(far, rig, upload);
  });

  it("take over from one that died, and it cannot write the object any more", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    const dead = await rig.metadata.uploads.beginCompletion(upload.uploadId, MINUTE);
    rig.clock.advance(MINUTE);
    expect(await complete(rig, upload)).toMatchObject({ etag: ETAG });
    if (dead === undefined || dead === "running") throw new Error("nobody was completing it");
    expect(await rig.metadata.uploads.renewCompletion(dead, MINUTE)).toBe(false);
    await expectWhole(far, rig, upload);
  });

  it("clean up what one that has failed since copied to a third backend", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const early = await rig.startUpload("key");
    await sendParts(rig, early);
    const uploaded = await rig.metadata.uploads.parts(early.uploadId, { after: 0, limit: 9 });
    await far.store("b").stop();
    await rig.fleet.probeNow();
    const failed = await rig.blobs.completeUpload(early, uploaded, rig.scope, new AbortController().signal);
    expect(failed).toMatchObject({ backends: ["a", "c"], touched: ["b"] });
    await far.store("b").restart();
    await rig.fleet.probeNow();
    const content = await rig.blobs.completeUpload(early, uploaded, rig.scope, new AbortController().signal);
    expect(content).toMatchObject({ backends: ["a", "b"], touched: ["c"] });
    await rig.metadata.uploads.abort(early.uploadId);
    await expect(
      rig.blobs.completeUpload(early, uploaded, rig.scope, new AbortController().signal),
    ).rejects.toMatchObject({ code: "NoSuchUpload" });
  });

  it("abort an upload while it is completed: it comes to nothing, and nothing stays", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    const held = far.store("a").script(PART, { do: "hold" });
    const completed = complete(rig, upload);
    await held.met;
    expect(await rig.metadata.uploads.abort(upload.uploadId)).toBe(true);
    await rig.upkeep.runDue();
    held.release();
    expect(await completed).toBeUndefined();
    expect(await rig.metadata.uploads.completed(rig.bucket.id, "key", upload.uploadId)).toBeUndefined();
    rig.clock.advance(2 * MINUTE);
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
  });

  it("send a part after one died that had completed it on the backends: nobody says that the upload is gone", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await rig.startUpload("key");
    await sendParts(rig, upload);
    const uploaded = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 9 });
    await rig.blobs.completeUpload(upload, uploaded, rig.scope, new AbortController().signal);
    await expect(sendPart(rig, upload, 1)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(await complete(rig, upload)).toMatchObject({ etag: ETAG });
    await expectWhole(far, rig, upload);
    await expect(rig.blobs.putPart(upload, 1, bytesOf(Buffer.from("late")))).rejects.toMatchObject({
      code: "NoSuchUpload",
    });
  });

  it("send a part again while it is completed: the object has the parts that were listed", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await rig.startUpload("key");
    await sendParts(rig, upload);
    const held = far.stores.map((store) => store.script(COMPLETE, { do: "hold" }));
    const completed = complete(rig, upload);
    await Promise.all(held.map(({ met }) => met));
    const again = await Promise.allSettled([sendPart(rig, upload, 1), sendPart(rig, upload, 2)]);
    for (const script of held) script.release();
    expect(await completed).toMatchObject({ etag: ETAG });
    expect(again.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    await expectWhole(far, rig, upload);
    await expectNothingLeft(far, rig);
  });
});
