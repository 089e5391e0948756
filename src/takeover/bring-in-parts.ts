/** As `bring`, of an object that was uploaded in parts: the same parts again, so that its ETag stays. */
import { BackendError } from "../backends/backend.ts";
import { scopeOfUpload, wantedBy } from "../blobs/scope.ts";
import { S3Error } from "../errors.ts";
import type { Upload } from "../metadata/uploads.ts";
import { type Bringing, type Brought, opened, unavailable } from "./bringing.ts";

/** Of an object whose own parts nobody tells, and that is too large for one piece. */
const PART = 512 * 1024 ** 2;
const TRIES = 3;
/** Nobody else knows this upload. */
const LEASE_MS = 3_600_000;

export async function bringInParts(
  to: Brought,
  bringing: Bringing,
  partSizes: readonly number[] | undefined,
): Promise<void> {
  const { metadata } = to;
  const sizes = partSizes ?? cut(bringing.old.size);
  const upload = await begin(to, bringing);
  try {
    for (const [index, size] of sizes.entries()) {
      const first = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
      await putPart(to, bringing, { upload, partNumber: index + 1, first, size });
    }
    await complete(to, bringing, upload, partSizes !== undefined);
  } catch (error) {
    // A client that tidies up can abort it like any other.
    if (await metadata.uploads.abort(upload.uploadId)) throw error;
    throw unavailable(error);
  }
}

function cut(size: number): readonly number[] {
  const count = Math.ceil(size / PART);
  return Array.from({ length: count }, (_, index) => Math.min(PART, size - index * PART));
}

async function begin({ blobs, metadata, defaults }: Brought, { bucket, old }: Bringing): Promise<Upload> {
  const started = await blobs.startUpload(wantedBy(bucket, undefined));
  const { key, attributes } = old;
  try {
    return await metadata.uploads.create({
      ...{ ...started, bucketId: bucket.id, key, accountId: bucket.owner.id },
      attributes: { ...attributes, brought: old.etag },
      ...{ checksumAlgorithm: undefined, checksumType: undefined },
      dedup: bucket.settings.dedup ?? defaults.dedup,
    });
  } catch (error) {
    await metadata.keyReservations.discard(started.storageKey);
    throw error;
  }
}

interface PartOfOld {
  readonly upload: Upload;
  readonly partNumber: number;
  readonly first: number;
  readonly size: number;
}

/** A line that breaks costs a part, not the whole. */
async function putPart(to: Brought, bringing: Bringing, { upload, partNumber, first, size }: PartOfOld): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      const { content } = await opened(bringing, first, size, (bytes) => to.blobs.putPart(upload, partNumber, bytes));
      await to.metadata.uploads.putPart(upload.uploadId, { partNumber, ...content, checksum: undefined });
      return;
    } catch (error) {
      const isOver = attempt === TRIES || bringing.signal.aborted;
      if (isOver || (error instanceof BackendError && error.fault === "absent")) throw error;
    }
}

/** `keepsEtag`: the parts are the object's own. */
async function complete(to: Brought, bringing: Bringing, upload: Upload, keepsEtag: boolean): Promise<void> {
  const { metadata, blobs, defaults } = to;
  const { old, replaces, signal } = bringing;
  const { uploadId } = upload;
  const parts = await metadata.uploads.parts(uploadId, { after: 0, limit: 10_000 });
  const completion = await metadata.uploads.beginCompletion(uploadId, LEASE_MS);
  if (completion === undefined || completion === "running") throw new S3Error("NoSuchUpload");
  try {
    const content = await blobs.completeUpload(upload, parts, scopeOfUpload(upload, parts, defaults), signal);
    if (keepsEtag && content.etag !== old.etag)
      throw new S3Error("ServiceUnavailable", {}, { cause: new Error("its parts give another ETag") });
    await metadata.uploads.complete(completion, {
      ...{ content, etag: content.etag, checksum: undefined, modifiedAt: old.modifiedAt },
      parts: parts.map(({ partNumber, size }) => ({ partNumber, size })),
      ...{ condition: {}, taken: { replaces } },
    });
  } catch (error) {
    await metadata.uploads.endCompletion(completion);
    throw error;
  }
}
