/**
 * Reads a blob: from memory when it is small and often read; a small one whole, checked before anyone sees a byte; a
 * large one as a stream that survives its backend and is checked before its end.
 */
import type { Readable } from "node:stream";
import { BackendError } from "../../backends/backend.ts";
import type { Blob, ByteRange } from "../../model.ts";
import { isUnproven } from "../replicas/unproven.ts";
import type { BlobCache } from "./blob-cache.ts";
import { checkBytes } from "./bytes-check.ts";
import { FailoverBody } from "./failover-body.ts";
import { ReplicaSource, type ReplicaSourceOptions } from "./replica-source.ts";

export interface ReadOptions {
  /** Backend names, closest first; replicas it does not name are tried last. */
  readonly order: readonly string[];
  /** Inside the blob. */
  readonly range?: ByteRange | undefined;
  /** Its signal is asked for only for what is streamed, and when a read takes long. */
  readonly reader: { readonly signal: AbortSignal };
}

export interface BlobReading {
  /** A Buffer when the bytes are few: then they are all there. */
  readonly body: Readable | Buffer;
  /** Where the first byte came from; undefined: from memory. */
  readonly backend: string | undefined;
}

export interface BlobReaderOptions extends ReplicaSourceOptions {
  readonly cache: BlobCache;
}

/** Up to this many bytes are read before the answer begins; of a blob that is no larger always all. */
const AT_ONCE = 128 * 1024;

/**
 * Throws ServiceUnavailable or ObjectCorrupt when no replica can be read; after the first byte the stream is destroyed
 * instead.
 */
export async function readBlob(stores: BlobReaderOptions, blob: Blob, options: ReadOptions): Promise<BlobReading> {
  const { range } = options;
  const cached = stores.cache.get(blob.storageKey, blob.size);
  if (cached !== undefined)
    return { body: range === undefined ? cached : cached.subarray(range.first, range.last + 1), backend: undefined };
  const first = range?.first ?? 0;
  const end = range === undefined ? blob.size : range.last + 1;
  const isWhole = end - first === blob.size;
  if (blob.size <= AT_ONCE) return readSmall(stores, blob, options);
  if (end - first <= AT_ONCE) return readPiece(stores, blob, options, { first, last: end - 1 });
  const { order, reader } = options;
  const source = new ReplicaSource(stores, blob, { order, isProven: isWhole && !isUnproven(blob), reader });
  const replica = await source.openNext(isWhole ? undefined : range);
  const body = new FailoverBody(source, replica, { first, end, check: isWhole ? checkBytes(blob) : undefined });
  const { signal } = reader;
  const stop = () => body.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", stop, { once: true });
  body.once("close", () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  await body.started();
  return { body, backend: replica.member.backend.name };
}

/** The whole blob is read and checked before anyone sees a byte. */
async function readSmall(stores: BlobReaderOptions, blob: Blob, options: ReadOptions): Promise<BlobReading> {
  const { order, range, reader } = options;
  const source = new ReplicaSource(stores, blob, { order, isProven: !isUnproven(blob), reader });
  for (;;) {
    const { member, bytes } = await source.readNext(undefined, blob.size);
    const backend = member.backend.name;
    const check = checkBytes(source.blob);
    check.add(bytes);
    if (check.fits()) {
      // A range says little about whether the blob is asked for again and again.
      if (range === undefined && !isUnproven(source.blob)) stores.cache.add(source.blob.storageKey, bytes);
      return { body: range === undefined ? bytes : bytes.subarray(range.first, range.last + 1), backend };
    }
    await source.fail(new BackendError(backend, "corrupt", { detail: "its bytes are not the blob" }));
  }
}

/** A few bytes of a large blob: only the backend can tell whether they are right. */
async function readPiece(
  stores: BlobReaderOptions,
  blob: Blob,
  { order, reader }: ReadOptions,
  range: ByteRange,
): Promise<BlobReading> {
  const source = new ReplicaSource(stores, blob, { order, isProven: false, reader });
  const { member, bytes } = await source.readNext(range, range.last - range.first + 1);
  return { body: bytes, backend: member.backend.name };
}
