// No passing fault dooms an upload in parts: what failed is sent, filled in or completed again, and in the end the
// object stands on two backends and nothing else stands anywhere.
// Shows I1, I7 of docs/durability.md.
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import type { Fault, Match } from "../support/faulty-s3-script.ts";
import { openRig } from "../support/rig.ts";
import {
  COMPLETE,
  complete,
  DAY,
  expectNothingLeft,
  expectWhole,
  FAILURE,
  PART,
  parts,
  patiently,
  requests,
  sendPart,
  sendParts,
  uploadWithGap,
} from "../support/upload-in-parts.ts";

describe("parts that fail", () => {
  it("on one backend each, at the same time, are taken when they are sent again", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await rig.startUpload("key");
    far.store("a").script({ ...PART, nth: 1 }, FAILURE);
    far.store("b").script({ ...PART, nth: 2 }, FAILURE);
    await Promise.all([1, 2].map((partNumber) => patiently(rig, () => sendPart(rig, upload, partNumber))));
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
    await expectNothingLeft(far, rig);
  });

  it("in turn on either backend leave one that is whole", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await rig.startUpload("key");
    far.store("a").script({ ...PART, nth: 1 }, FAILURE);
    await sendPart(rig, upload, 1);
    await rig.fleet.probeNow();
    far.store("b").script({ ...PART, nth: 1 }, FAILURE);
    await expect(sendPart(rig, upload, 2)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await rig.fleet.probeNow();
    await sendPart(rig, upload, 2);
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
  });
});

describe("a backend that lacks a part", () => {
  it("gets just that from one that has completed, and no third is needed", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    const sent = requests(far, "a", "PUT", "partNumber").length;
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
    expect(requests(far, "a", "PUT", "partNumber").slice(sent)).toMatchObject([{ bodyBytes: parts[1].length }]);
    const range = `bytes=${parts[0].length}-${parts[0].length + parts[1].length - 1}`;
    expect(requests(far, "b", "GET").map(({ headers }) => headers["range"])).toEqual([range]);
    expect(far.store("c").requests.some(({ key }) => key === upload.storageKey)).toBe(false);
    await expectNothingLeft(far, rig);
  });

  it("gets an empty last part too", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    await sendPart(rig, upload, 1);
    const script = far.store("a").script(PART, FAILURE);
    await sendPart(rig, upload, 3);
    script.remove();
    await rig.fleet.probeNow();
    await complete(rig, upload);
    const { replicas } = await rig.blobOf("key");
    expect(replicas.map(({ backend, state }) => [backend, state])).toEqual([
      ["a", "verified"],
      ["b", "verified"],
    ]);
  });

  it.each(["a", "c"])("or the whole is copied to %s with an empty last part, and is found equal there", async (to) => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    await sendPart(rig, upload, 1);
    await sendPart(rig, upload, 3);
    if (to === "c") await far.store("a").stop();
    else far.store("a").uploads.clear();
    await rig.fleet.probeNow();
    await complete(rig, upload);
    await rig.upkeep.runDue();
    const { replicas, digest } = await rig.blobOf("key");
    expect(digest).toHaveLength(64);
    const good = replicas.filter(({ state }) => state === "verified").map(({ backend }) => backend);
    expect(good).toContain(to);
    expect(good).toHaveLength(2);
  });

  it("is given the whole when it has lost its upload", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    far.store("a").uploads.clear();
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
    await expectNothingLeft(far, rig);
  });
});

/** Where it strikes, and what: once, while an upload is completed of whose parts A lacks one. */
const strikes: readonly (readonly [string, string, Match, Fault])[] = [
  ["the whole backend refuses to complete", "b", COMPLETE, { do: "status", status: 403 }],
  ["the whole backend completes and loses the answer", "b", COMPLETE, { do: "disconnect", at: "stored" }],
  ["the whole backend hides an error", "b", COMPLETE, { do: "hide-error", code: "InternalError" }],
  ["the look for the object fails", "a", { method: "HEAD", key: /^blobs\// }, FAILURE],
  ["the read of the missing part breaks", "b", { method: "GET" }, { do: "disconnect", at: { responseBytes: 99 } }],
  ["the missing part is refused", "a", PART, FAILURE],
  ["the missing part is stored and the answer lost", "a", PART, { do: "disconnect", at: "stored" }],
  ["the filled backend refuses to complete", "a", COMPLETE, { do: "status", status: 403 }],
  ["the filled backend completes and loses the answer", "a", COMPLETE, { do: "disconnect", at: "stored" }],
];

describe.each([2, 3] as const)("with %i backends, an upload that is completed while", (count) => {
  it.each(strikes)("%s becomes the object in the end", async (_, name, match, fault) => {
    await using far = await startFarStores(count);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    const script = far.store(name).script({ ...match, nth: 1 }, fault);
    await patiently(rig, () => complete(rig, upload));
    expect(script.hits).toBe(1);
    await expectWhole(far, rig, upload);
    await expectNothingLeft(far, rig);
  });

  it("nothing can be recorded becomes the object when it is completed again", async () => {
    await using far = await startFarStores(count);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await uploadWithGap(far, rig);
    await far.store("a").stop();
    await rig.fleet.probeNow();
    const uploaded = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 9 });
    const first = await rig.blobs
      .completeUpload(await rig.findUpload(upload), uploaded, rig.scope, new AbortController().signal)
      .catch(() => undefined);
    expect(first?.backends).toEqual(count === 2 ? undefined : ["b", "c"]);
    await far.store("a").restart();
    if (count === 3) await far.store("c").stop();
    await rig.fleet.probeNow();
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
    if (count === 3) await far.store("c").restart();
    await expectNothingLeft(far, rig);
  });
});

describe("a backend that is away while an upload is completed", () => {
  it("keeps neither its parts nor its upload when the object goes", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const upload = await rig.startUpload("key");
    await sendParts(rig, upload);
    await far.store("a").stop();
    await rig.fleet.probeNow();
    await complete(rig, upload);
    await expectWhole(far, rig, upload);
    await far.store("a").restart();
    expect(far.store("a").uploads.size).toBe(1);
    await expectNothingLeft(far, rig);
  });

  it("is looked at even if it never said whether it began an upload", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const script = far.store("a").script({ method: "POST", query: "uploads" }, { do: "disconnect", at: "stored" });
    const upload = await rig.startUpload("key");
    script.remove();
    await rig.fleet.probeNow();
    expect(upload).toMatchObject({ backends: [{ backend: "b" }, { backend: "c" }], touched: ["a"] });
    expect(far.store("a").uploads.size).toBeGreaterThan(0);
    await sendParts(rig, upload);
    await complete(rig, upload);
    expect((await rig.blobOf("key")).replicas).toContainEqual(expect.objectContaining({ backend: "a", state: "lost" }));
    await expectNothingLeft(far, rig);
  });
});
