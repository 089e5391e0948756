/** What clients ask of one gateway, as src/operations do it, and what the model says that the answer must be. */
import { createHash } from "node:crypto";
import { destinationOf, wantedBy } from "../../../src/blobs/scope.ts";
import { S3Error } from "../../../src/errors.ts";
import { openLog } from "../../../src/log.ts";
import type { Content } from "../../../src/metadata/stored-content.ts";
import type { Blob, StoredObject, WriteCondition } from "../../../src/model.ts";
import { completeOnce } from "../../../src/operations/complete-once.ts";
import { withRollback } from "../../../src/operations/with-rollback.ts";
import { bytesOf, readAll } from "../../support/rig.ts";
import { COPIES, type Gateway, type Held, type ModelUpload, nameOf, type Place, type World } from "./world.ts";

const log = openLog("silent");
const attributes = { metadata: {} };

export function bucketOf(world: World, place: Place) {
  return world.buckets[place.bucket];
}

function destinationFor(world: World, place: Place) {
  const bucket = bucketOf(world, place);
  return destinationOf(bucket, bucket.owner.id, undefined, { dedup: "account", copies: COPIES });
}

/** As PutObject; `mayClaim`: the client signed the digest and waits before it sends the bytes. */
export async function putObject(
  world: World,
  gateway: Gateway,
  place: Place,
  bytes: Buffer,
  { condition, mayClaim }: { readonly condition: WriteCondition; readonly mayClaim: boolean },
): Promise<StoredObject> {
  const { blobs } = gateway;
  const destination = destinationFor(world, place);
  const reader = { accountId: bucketOf(world, place).owner.id, places: undefined };
  const claimed = mayClaim ? await blobs.claim(destination, sha256Of(bytes), bytes.length, reader) : undefined;
  const content: Content = claimed ?? (await blobs.put(bytesOf(bytes), destination)).content;
  return withRollback(
    () => putNamed(world, gateway, place, { content, etag: md5Of(bytes), parts: undefined }, condition),
    async () => {
      if (content.kind === "fresh") await blobs.discard(content);
    },
  );
}

/** As CopyObject. Undefined: there was no source. */
export async function copyObject(
  world: World,
  gateway: Gateway,
  from: Place,
  to: Place,
): Promise<StoredObject | undefined> {
  const { found } = await gateway.metadata.objects.find(bucketOf(world, from).name, from.key);
  if (found === undefined) return undefined;
  const { blob, object } = found;
  const { blobs } = gateway;
  const known = blobs.shared(blob, wantedBy(bucketOf(world, to), undefined));
  const content = known ?? (await blobs.put(await bytesIn(gateway, blob), destinationFor(world, to))).content;
  return withRollback(
    () => putNamed(world, gateway, to, { content, etag: object.etag, parts: object.parts }, {}),
    () => blobs.discard(content),
  );
}

/** Where a copy cannot refer to the source's blob, its bytes are read and stored anew. */
async function bytesIn({ blobs }: Gateway, blob: Blob) {
  const { body } = await blobs.open(blob, { order: [], reader: new AbortController() });
  return bytesOf(await readAll(body), { claims: blob.digest === undefined ? {} : { sha256: blob.digest } });
}

function putNamed(
  world: World,
  { metadata, life }: Gateway,
  place: Place,
  named: { readonly content: Content; readonly etag: string; readonly parts: StoredObject["parts"] },
  condition: WriteCondition,
): Promise<StoredObject> {
  const bucketId = bucketOf(world, place).id;
  const object = { bucketId, key: place.key, ...named, attributes, checksum: undefined, condition };
  return life.commit(() => metadata.objects.put(object));
}

/** As CreateMultipartUpload. */
export async function createUpload(world: World, { blobs, metadata }: Gateway, place: Place): Promise<ModelUpload> {
  const bucket = bucketOf(world, place);
  const started = await blobs.startUpload(wantedBy(bucket, undefined));
  const upload = await withRollback(
    () =>
      metadata.uploads.create({
        ...started,
        bucketId: bucket.id,
        key: place.key,
        accountId: bucket.owner.id,
        attributes,
        checksumAlgorithm: undefined,
        checksumType: undefined,
        dedup: "account",
      }),
    () => metadata.keyReservations.discard(started.storageKey),
  );
  return { upload, place, parts: new Map(), isDoubtful: false, leasedUntil: 0, completed: undefined };
}

/** As UploadPart. */
export async function putPart(
  { blobs, metadata }: Gateway,
  { upload: { bucketId, key, uploadId } }: ModelUpload,
  partNumber: number,
  bytes: Buffer,
): Promise<void> {
  const upload = await metadata.uploads.find(bucketId, key, uploadId);
  if (upload === undefined) throw new S3Error("NoSuchUpload");
  const { content } = await blobs.putPart(upload, partNumber, bytesOf(bytes));
  await metadata.uploads.putPart(uploadId, { partNumber, ...content, checksum: undefined });
}

/** As CompleteMultipartUpload with every part that was recorded; gives the ETag. */
export async function completeUpload(
  world: World,
  { blobs, life, metadata }: Gateway,
  { upload: { bucketId, key, uploadId }, place }: ModelUpload,
): Promise<string> {
  const { uploads } = metadata;
  const again = async () => {
    const completed = await uploads.completed(bucketId, key, uploadId);
    if (completed === undefined) throw new S3Error("NoSuchUpload");
    return completed.etag;
  };
  const upload = await uploads.find(bucketId, key, uploadId);
  if (upload === undefined) return again();
  const parts = await uploads.parts(uploadId, { after: 0, limit: 100 });
  // The client does not wait for another completion: the clock would stand still meanwhile.
  const call = { signal: AbortSignal.abort(new S3Error("SlowDown")), log };
  const object = await completeOnce(uploads, uploadId, call, async (completion, signal) => {
    const content = await blobs.completeUpload(upload, parts, destinationFor(world, place).scope, signal);
    const object = {
      content,
      etag: content.etag,
      checksum: undefined,
      parts: parts.map(({ partNumber, size }) => ({ partNumber, size })),
      condition: {},
    };
    return life.commit(() => uploads.complete(completion, object));
  });
  return object?.etag ?? (await again());
}

/** The object as a proxied read gives it. Undefined: there is none. */
export async function readObject(
  world: World,
  { blobs, metadata }: Gateway,
  place: Place,
  order: readonly string[],
): Promise<Held | undefined> {
  const { found } = await metadata.objects.find(bucketOf(world, place).name, place.key);
  if (found === undefined) return undefined;
  const { body } = await blobs.open(found.blob, { order, reader: new AbortController() });
  return { bytes: await readAll(body), etag: found.object.etag };
}

/** What the model holds under this name. */
export function held(world: World, place: Place): Held | undefined {
  return world.objects.get(nameOf(place));
}

export const md5Of = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
