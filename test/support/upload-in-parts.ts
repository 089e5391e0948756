/** A client that uploads in parts to scripted stores, below HTTP: it sends again what it is asked to send again. */
import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { multipartEtag } from "../../src/checksums/multipart-etag.ts";
import { S3Error } from "../../src/errors.ts";
import { openLog } from "../../src/log.ts";
import type { Upload } from "../../src/metadata/uploads.ts";
import type { StoredObject } from "../../src/model.ts";
import { completeOnce } from "../../src/operations/complete-once.ts";
import type { FarStores } from "./far-stores.ts";
import type { Fault, Match } from "./faulty-s3-script.ts";
import { bytesOf, type Rig } from "./rig.ts";

export const DAY = 86_400_000;
export const MINUTE = 60_000;
/** The smallest part that is not the last, and a few bytes; then the last. */
export const parts = [randomBytes(5 * 1024 * 1024 + 3), randomBytes(1_000)] as const;
const whole = Buffer.concat(parts);
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
export const ETAG = multipartEtag(parts.map(md5));
export const PART: Match = { method: "PUT", query: "partNumber" };
export const COMPLETE: Match = { method: "POST", query: "uploadId" };
export const FAILURE: Fault = { do: "status", status: 503, code: "SlowDown" };
const client = { signal: new AbortController().signal, log: openLog("silent") };

/** A part that `parts` does not have is empty. */
export async function sendPart(rig: Rig, upload: Upload, partNumber: number): Promise<void> {
  const bytes = parts[partNumber - 1] ?? Buffer.alloc(0);
  const source = bytesOf(bytes, { claims: { md5: md5(bytes) } });
  const { content } = await rig.blobs.putPart(await rig.findUpload(upload), partNumber, source);
  await rig.metadata.uploads.putPart(upload.uploadId, { partNumber, ...content, checksum: undefined });
}

export async function sendParts(rig: Rig, upload: Upload): Promise<void> {
  for (const partNumber of [1, 2]) await sendPart(rig, upload, partNumber);
}

/** As CompleteMultipartUpload does it. Undefined: another request has completed it, or it was aborted. */
export async function complete(rig: Rig, { uploadId, ...draft }: Upload): Promise<StoredObject | undefined> {
  const { uploads } = rig.metadata;
  const upload = await uploads.find(draft.bucketId, draft.key, uploadId);
  const uploaded = await uploads.parts(uploadId, { after: 0, limit: 100 });
  if (upload === undefined) return undefined;
  return completeOnce(uploads, uploadId, client, async (completion, signal) => {
    const content = await rig.blobs.completeUpload(upload, uploaded, rig.scope, signal);
    const object = { content, etag: content.etag, checksum: undefined, parts: [], condition: {} };
    return uploads.complete(completion, object);
  });
}

/** As a client that tries again when it is asked to. */
export async function patiently<T>(rig: Rig, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof S3Error) || error.status !== 503 || attempt === 4) throw error;
      await rig.fleet.probeNow();
    }
}

/** Of its two parts, A lacks the second. */
export async function uploadWithGap(far: FarStores, rig: Rig): Promise<Upload> {
  const upload = await rig.startUpload("key");
  await sendPart(rig, upload, 1);
  const script = far.store("a").script({ ...PART, nth: 1 }, FAILURE);
  await sendPart(rig, upload, 2);
  expect(script.hits).toBe(1);
  await rig.fleet.probeNow();
  return upload;
}

export async function expectWhole(far: FarStores, rig: Rig, upload: Upload): Promise<void> {
  const { replicas, etag } = await rig.blobOf("key");
  expect(etag).toBe(ETAG);
  const good = replicas.filter(({ state }) => state === "verified").map(({ backend }) => backend);
  expect(good.length).toBeGreaterThanOrEqual(2);
  for (const name of good) {
    expect(far.store(name).objects.get(upload.storageKey)?.etag).toBe(ETAG);
    expect(far.held(upload.storageKey)[name]?.equals(whole)).toBe(true);
  }
}

/** Deletes the object "key", and lets its grace pass. */
export async function reclaimObject(rig: Rig): Promise<void> {
  await rig.fleet.probeNow();
  await rig.metadata.objects.delete(rig.bucket.id, "key");
  rig.clock.advance(DAY + 1);
  await rig.upkeep.runDue();
  rig.clock.advance(MINUTE + 1);
  await rig.upkeep.runDue();
}

export async function expectNothingLeft(far: FarStores, rig: Rig): Promise<void> {
  await reclaimObject(rig);
  expect(far.traces()).toEqual([]);
}

export const requests = (far: FarStores, name: string, method: string, query?: string) =>
  far
    .store(name)
    .requests.filter(
      (one) => one.key.startsWith("blobs/") && one.method === method && (query === undefined || one.query.has(query)),
    );
