// An object uploaded in parts survives the failure of a backend between two parts, and every backend then holds a
// complete copy.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { multipartEtag } from "../../src/checksums/multipart-etag.ts";
import type { Upload } from "../../src/metadata/uploads.ts";
import type { Blob } from "../../src/model.ts";
import { startFarStores } from "../support/far-stores.ts";
import type { Fault } from "../support/faulty-s3-script.ts";
import { bytesOf, memoryStores, openRig } from "../support/rig.ts";

const MIB = 1024 * 1024;
const DAY = 86_400_000;
const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB + 3), randomBytes(1_000)];
const whole = Buffer.concat(parts);
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const sha256 = (bytes: Buffer | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const { signal } = new AbortController();
const ETAG = multipartEtag(parts.map(md5));

const verified = ({ replicas }: Blob) =>
  replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : [])).sort();

async function uploadAll(rig: Awaited<ReturnType<typeof openRig>>, key: string) {
  const upload = await rig.startUpload(key);
  for (const [index, bytes] of parts.entries()) await rig.uploadPart(upload, index + 1, bytes);
  return upload;
}

/** As a client that sends the part again when it was asked to. */
async function retryPart(rig: Awaited<ReturnType<typeof openRig>>, upload: Upload, partNumber: number): Promise<void> {
  const send = () => rig.uploadPart(upload, partNumber, parts[partNumber - 1] ?? Buffer.alloc(0));
  await expect(send()).rejects.toMatchObject({ code: "ServiceUnavailable", headers: { "Retry-After": "2" } });
  await send();
}

describe("an object in parts", () => {
  it("is on two stores with the ETag of its parts, and gets its digest later", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await uploadAll(rig, "key");
    expect((await rig.completeUpload(upload)).etag).toBe(ETAG);
    for (const name of ["a", "b"]) {
      expect(far.store(name).objects.get(upload.storageKey)?.etag).toBe(ETAG);
      expect(far.store(name).uploads.size).toBe(0);
    }
    expect((await rig.blobOf("key")).digest).toBeUndefined();
    await rig.upkeep.runDue();
    expect((await rig.blobOf("key")).digest).toBe(sha256(whole));
    expect(sha256(await rig.get("key"))).toBe(sha256(whole));
    const range = { first: 5 * MIB - 10, last: 5 * MIB + 10 };
    expect(whole.subarray(range.first, range.last + 1).equals(await rig.get("key", { range }))).toBe(true);
  });

  it("is merged with equal content that is stored already, whatever its part sizes", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    const single = await rig.put("single", whole);
    const upload = await uploadAll(rig, "parts");
    await rig.completeUpload(upload);
    await rig.upkeep.runDue();
    expect((await rig.blobOf("parts")).id).toBe((await rig.blobOf("single")).id);
    rig.clock.advance(DAY + 1);
    await rig.upkeep.runDue();
    expect(far.held(upload.storageKey)).toEqual({});
    expect(Object.keys(far.held(single.kind === "fresh" ? single.storageKey : ""))).toEqual(["a", "b"]);
    expect(sha256(await rig.get("parts"))).toBe(sha256(whole));
  });

  it("accepts a part that is sent again, and omits parts that are not listed", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    await rig.uploadPart(upload, 1, randomBytes(5 * MIB));
    await rig.uploadPart(upload, 1, parts[0] ?? Buffer.alloc(0));
    await rig.uploadPart(upload, 2, randomBytes(7));
    await rig.uploadPart(upload, 3, parts[2] ?? Buffer.alloc(0));
    const uploaded = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 10 });
    const chosen = uploaded.filter(({ partNumber }) => partNumber !== 2);
    const content = await rig.blobs.completeUpload(await rig.findUpload(upload), chosen, rig.scope, signal);
    expect(content).toMatchObject({ partSizes: [5 * MIB, 1_000], etag: multipartEtag(chosen.map(({ etag }) => etag)) });
    expect(sha256(far.held(upload.storageKey)["a"])).toBe(
      sha256(Buffer.concat([parts[0] ?? "", parts[2] ?? ""].map(Buffer.from))),
    );
  });

  it("can be completed again when the first answer was lost", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.findUpload(await uploadAll(rig, "key"));
    const uploaded = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 10 });
    const first = await rig.blobs.completeUpload(upload, uploaded, rig.scope, signal);
    expect(await rig.blobs.completeUpload(upload, uploaded, rig.scope, signal)).toEqual(first);
    expect(Object.keys(far.held(upload.storageKey))).toEqual(["a", "b"]);
  });

  it("that is aborted leaves nothing", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await uploadAll(rig, "key");
    expect(await rig.metadata.uploads.abort(upload.uploadId)).toBe(true);
    await rig.blobs.abortUpload(upload);
    expect(far.traces()).toEqual([]);
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
  });

  it("that was never committed to metadata leaves nothing either", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.blobs.abortUpload(await rig.blobs.startUpload());
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
  });

  it("that nobody completes is ended after a week", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await uploadAll(rig, "key");
    rig.clock.advance(7 * DAY - 1);
    await rig.upkeep.runDue();
    expect(await rig.findUpload(upload)).toMatchObject({ uploadId: upload.uploadId });
    rig.clock.advance(60_000);
    await rig.upkeep.runDue();
    await expect(rig.findUpload(upload)).rejects.toThrow("no such upload");
    expect(far.traces()).toEqual([]);
  });

  it("refuses a part whose bytes are not what was claimed", async () => {
    await using rig = await openRig({ backends: memoryStores() });
    const upload = await rig.startUpload("key");
    const claims = { md5: "0".repeat(32) };
    await expect(rig.blobs.putPart(upload, 1, bytesOf(parts[2] ?? Buffer.alloc(0), { claims }))).rejects.toMatchObject({
      code: "BadDigest",
    });
  });
});

describe("a part copied from a stored object", () => {
  it.each([
    ["whole", undefined, whole],
    ["in a range", { first: 100, last: 5 * MIB + 99 }, whole.subarray(100, 5 * MIB + 100)],
    ["in a small range", { first: 7, last: 7 }, whole.subarray(7, 8)],
  ])("%s has the right bytes", async (_, range, expected) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await rig.put("source", whole);
    const upload = await rig.startUpload("key");
    const { content, checksum } = await rig.blobs.copyPart(
      upload,
      1,
      await rig.blobOf("source"),
      range,
      "SHA256",
      signal,
    );
    expect(content).toEqual({ etag: md5(expected), size: expected.length, backends: ["a", "b"] });
    expect(checksum).toBe(Buffer.from(sha256(expected), "hex").toString("base64"));
  });
});

describe("the md5 of a part", () => {
  const damage: Fault = { do: "truncate", keep: 999, etagOf: "kept" };

  it("that the stores do not agree on is computed when the part is sent again", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    far.store("a").script({ method: "PUT" }, damage);
    await retryPart(rig, upload, 3);
    const [part] = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 9 });
    expect(part).toMatchObject({ etag: md5(parts[2] ?? Buffer.alloc(0)), backends: ["b"] });
    await rig.completeUpload(upload);
    expect(verified(await rig.blobOf("key"))).toEqual(["b", "c"]);
    expect(sha256(await rig.get("key"))).toBe(sha256(parts[2]));
  });

  it("is computed at once when the client claims it", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    far.store("a").script({ method: "PUT" }, damage);
    const bytes = parts[2] ?? Buffer.alloc(0);
    const { content } = await rig.blobs.putPart(upload, 1, bytesOf(bytes, { claims: { md5: md5(bytes) } }));
    expect(content).toEqual({ etag: md5(bytes), size: bytes.length, backends: ["b"] });
  });

  it("is computed where only one store is left", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, minimumCopies: 1 });
    const upload = await rig.startUpload("key");
    await far.store("a").stop();
    await rig.fleet.probeNow();
    const bytes = parts[2] ?? Buffer.alloc(0);
    far.store("b").script({ method: "PUT", nth: 1 }, damage);
    await expect(rig.uploadPart(upload, 1, bytes)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await rig.uploadPart(upload, 1, bytes);
    const [part] = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 9 });
    expect(part).toMatchObject({ etag: md5(bytes), backends: ["b"] });
  });
});

describe("a store that dies between parts", () => {
  it("is replaced by a copy with the same part sizes", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    expect(upload.backends.map(({ backend }) => backend).sort()).toEqual(["a", "b"]);
    await rig.uploadPart(upload, 1, parts[0] ?? Buffer.alloc(0));
    await far.store("a").stop();
    await retryPart(rig, upload, 2);
    await far.store("a").restart();
    await rig.fleet.probeNow();
    await rig.uploadPart(upload, 3, parts[2] ?? Buffer.alloc(0));
    await far.store("a").stop();
    await rig.fleet.probeNow();
    await rig.completeUpload(upload);
    expect(verified(await rig.blobOf("key"))).toEqual(["b", "c"]);
    expect(far.store("c").objects.get(upload.storageKey)?.etag).toBe(ETAG);
    expect(sha256(far.held(upload.storageKey)["c"])).toBe(sha256(whole));
    expect(sha256(await rig.get("key", { order: ["c"] }))).toBe(sha256(whole));
  });

  it("and returns gets a copy of the object, and keeps no unfinished upload", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, minimumCopies: 1 });
    const upload = await rig.startUpload("key");
    await rig.uploadPart(upload, 1, parts[0] ?? Buffer.alloc(0));
    await far.store("a").stop();
    await retryPart(rig, upload, 2);
    await rig.uploadPart(upload, 3, parts[2] ?? Buffer.alloc(0));
    await far.store("a").restart();
    await rig.fleet.probeNow();
    await rig.completeUpload(upload);
    expect(sha256(far.held(upload.storageKey)["a"])).toBe(sha256(whole));
    for (const store of far.stores) expect(store.uploads.size).toBe(0);
  });

  it("refuses the part when no other is left", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    await far.store("a").stop();
    await rig.fleet.probeNow();
    await expect(rig.uploadPart(upload, 1, whole)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await far.store("a").restart();
    await rig.fleet.probeNow();
    await rig.uploadPart(upload, 1, whole);
    expect((await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 9 }))[0]?.backends).toHaveLength(2);
  });
});

const completions: readonly (readonly [string, Fault])[] = [
  ["answers 500", { do: "status", status: 500 }],
  ["hides an error in a 200", { do: "hide-error", code: "InternalError" }],
  [
    "answers a wrong ETag",
    {
      do: "answer",
      make: (honest) => ({
        ...honest,
        body: Buffer.from(honest.body.toString().replace(/[0-9a-f]{32}/, "0".repeat(32))),
      }),
    },
  ],
  ["loses its answer", { do: "disconnect", at: "stored" }],
];

describe("a store that on completing", () => {
  it.each(completions)("%s does not stop the object from standing on two", async (_, fault) => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const upload = await uploadAll(rig, "key");
    far.store("a").script({ method: "POST", query: "uploadId" }, fault);
    await rig.completeUpload(upload);
    const standing = verified(await rig.blobOf("key"));
    expect(standing).toHaveLength(2);
    for (const backend of standing) {
      expect(far.store(backend).objects.get(upload.storageKey)?.etag).toBe(ETAG);
      expect(sha256(far.held(upload.storageKey)[backend])).toBe(sha256(whole));
    }
  });
});
