/**
 * Copies a blob from one backend to another in the same parts, so that the ETag stays the same. Every byte is hashed on
 * the way. Bytes that are not the blob never become visible at the target.
 */
import { createHash, type Hash } from "node:crypto";
import { adopterOf } from "../../backends/adopted-key.ts";
import { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { GuardedSink } from "../../backends/guarded-sink.ts";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import type { Blob, ByteRange, Digest } from "../../model.ts";
import { pump } from "../pump.ts";
import { readAgain } from "./read-again.ts";
import { OtherBytes } from "./unproven.ts";
import { checkSame } from "./verify.ts";

/** What of a blob is needed to move its bytes. */
export type BlobBytes = Pick<Blob, "storageKey" | "size" | "etag" | "digest" | "partSizes">;

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes each chunk has that was read; what it returns is waited for before the next is read. */
  readonly onChunk?: ((bytes: number) => Promise<void> | undefined) | undefined;
}

const WHOLE = { range: undefined };

/**
 * Gives the sha256 of what was copied. Throws BackendError that names the backend at fault: the source (absent,
 * corrupt: not the blob) or the target.
 */
export function copyReplica(
  blob: BlobBytes,
  from: FleetMember,
  to: FleetMember,
  options: CopyOptions = {},
): Promise<Digest> {
  if (blob.partSizes === undefined) return copyWhole(blob, from, to, options);
  return copyInParts(blob, blob.partSizes, from, to, options);
}

/**
 * Reads a replica whole and gives its sha256. Throws BackendError: corrupt when size, ETag or the known digest
 * disagree, or the bytes' own md5s where no digest is known: md5 costs twice as much as sha256.
 */
export async function readReplica(blob: BlobBytes, from: FleetMember, options: CopyOptions = {}): Promise<Digest> {
  const sha256 = createHash("sha256");
  const md5s: string[] = [];
  let read = 0;
  for (const { range } of blob.digest === undefined ? partsOf(blob) : [WHOLE]) {
    const md5 = blob.digest === undefined ? createHash("md5") : undefined;
    try {
      await readRange(blob, from, range, options, (chunk) => {
        read += chunk.length;
        sha256.update(chunk);
        md5?.update(chunk);
        return undefined;
      });
    } catch (error) {
      if (read < blob.size && isCut(error) && from.up && !options.signal?.aborted) await readAgain(blob, from, read);
      throw error;
    }
    if (md5 !== undefined) md5s.push(md5.digest("hex"));
  }
  return blob.digest === undefined ? checkBytes(blob, from, md5s, sha256) : checkDigest(blob, from, sha256);
}

function isCut(error: unknown): boolean {
  return error instanceof BackendError && error.fault === "unavailable";
}

async function copyWhole(blob: BlobBytes, from: FleetMember, to: FleetMember, options: CopyOptions): Promise<Digest> {
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  const sink = to.backend.write(blob.storageKey, blob.size);
  let last: Buffer | undefined;
  try {
    await readRange(blob, from, undefined, options, (chunk) => {
      sha256.update(chunk);
      md5.update(chunk);
      const before = last;
      last = chunk;
      return before && writeOrThrow(sink, before);
    });
    const digest = checkBytes(blob, from, [md5.digest("hex")], sha256);
    if (last !== undefined) await sink.write(last);
    await finishOrThrow(sink, blob.etag);
    return digest;
  } catch (error) {
    sink.abort();
    throw error;
  }
}

async function copyInParts(
  blob: BlobBytes,
  partSizes: readonly number[],
  from: FleetMember,
  to: FleetMember,
  options: CopyOptions,
): Promise<Digest> {
  // An earlier copy that failed may have left an upload under the same key.
  await to.backend.abortUpload(blob.storageKey);
  const uploadId = await to.backend.createUpload(blob.storageKey);
  const sha256 = createHash("sha256");
  const parts: { partNumber: number; etag: string }[] = [];
  try {
    for (const { range, size } of partsOf({ ...blob, partSizes })) {
      const partNumber = parts.length + 1;
      const md5 = createHash("md5");
      const sink = to.backend.writePart(blob.storageKey, uploadId, partNumber, size);
      try {
        await readRange(blob, from, range, options, (chunk) => {
          sha256.update(chunk);
          md5.update(chunk);
          return writeOrThrow(sink, chunk);
        });
        const etag = md5.digest("hex");
        await finishOrThrow(sink, etag);
        parts.push({ partNumber, etag });
      } catch (error) {
        sink.abort();
        throw error;
      }
    }
    const md5s = parts.map((part) => part.etag);
    const digest = checkBytes({ ...blob, partSizes }, from, md5s, sha256);
    const answer = await to.backend.completeUpload(blob.storageKey, uploadId, parts);
    checkSame(blob, { size: blob.size, etag: answer.etag }, to.backend.name);
    return digest;
  } catch (error) {
    await to.backend.abortUpload(blob.storageKey, uploadId).catch((cause: unknown) => {
      const both = new AggregateError([error, cause], "copy and abort both failed");
      if (!(error instanceof BackendError)) throw both;
      throw new BackendError(error.backend, error.fault, { cause: both, isSuspicion: error.isSuspicion });
    });
    throw error;
  }
}

/** The pieces to read: the whole as one, without a range, or one a part. The range of an empty part is empty. */
function partsOf(blob: BlobBytes): readonly { readonly range: ByteRange | undefined; readonly size: number }[] {
  if (blob.partSizes === undefined) return [{ range: undefined, size: blob.size }];
  let first = 0;
  return blob.partSizes.map((size) => {
    const range = size === blob.size ? undefined : { first, last: first + size - 1 };
    first += size;
    return { range, size };
  });
}

/**
 * Gives the bytes to `take`, piece by piece, at its pace. An empty range asks nobody. Throws BackendError, also when
 * the store holds another object or sends fewer bytes; what `take` throws.
 */
export async function readRange(
  blob: BlobBytes,
  from: FleetMember,
  range: ByteRange | undefined,
  { signal, onChunk }: CopyOptions,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  if (range !== undefined && range.last < range.first) return;
  const name = from.backend.name;
  const opened = await from.backend.open(blob.storageKey, range, signal);
  const size = range === undefined ? blob.size : range.last - range.first + 1;
  let received = 0;
  try {
    checkSame(blob, opened, name);
    await pump(
      opened.body,
      (chunk) => {
        received += chunk.length;
        const pause = onChunk?.(chunk.length);
        const taken = take(chunk);
        return pause && taken ? Promise.all([pause, taken]).then(() => undefined) : (pause ?? taken);
      },
      signal,
    );
    if (received !== size) throw new BackendError(name, "corrupt", { detail: `${received} bytes, expected ${size}` });
  } finally {
    opened.body.destroy();
  }
}

function checkBytes(blob: BlobBytes, from: FleetMember, md5s: readonly string[], sha256: Hash): Digest {
  const { name } = from.backend;
  const etag = blob.partSizes === undefined ? (md5s[0] ?? "") : multipartEtag(md5s);
  if (etag !== blob.etag && blob.digest === undefined && adopterOf(blob.storageKey) === name)
    throw new OtherBytes(name, sha256.digest("hex"), `the ETag ${blob.etag} is not made of its bytes`);
  checkSame(blob, { size: blob.size, etag }, name);
  return checkDigest(blob, from, sha256);
}

function checkDigest(blob: BlobBytes, from: FleetMember, sha256: Hash): Digest {
  const digest = sha256.digest("hex");
  if (blob.digest !== undefined && digest !== blob.digest)
    throw new BackendError(from.backend.name, "corrupt", { detail: `sha256 ${digest}, expected ${blob.digest}` });
  return digest;
}

/** A write whose failure is thrown: the copy gives up. */
export function writeOrThrow(sink: GuardedSink, chunk: Buffer): Promise<void> | undefined {
  const wait = sink.write(chunk);
  if (sink.failure !== undefined) throw sink.failure;
  return wait?.then(() => {
    if (sink.failure !== undefined) throw sink.failure;
  });
}

/** Throws BackendError unless the store holds the bytes and says `etag`. */
export async function finishOrThrow(sink: GuardedSink, etag: string): Promise<void> {
  if (!(await sink.finish(etag))) throw sink.failure;
}
