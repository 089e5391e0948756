/**
 * Reads a blob: from memory when it is small and often read, a small piece at once and checked before anyone sees it, a
 * large one as a stream that survives its backend.
 */
import { hash } from "node:crypto";
import type { Readable } from "node:stream";
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { Blob, ByteRange } from "../../model.ts";
import type { BlobCache } from "./blob-cache.ts";
import { FailoverBody } from "./failover-body.ts";
import { ReplicaSource, type ReplicaSourceOptions } from "./replica-source.ts";

export interface ReadOptions {
  /** Backend names, closest first; replicas it does not name are tried last. */
  readonly order: readonly string[];
  /** Inside the blob. */
  readonly range?: ByteRange | undefined;
  /** Read only for what is streamed: a small read is not given up, its end is near anyway. */
  readonly signal: AbortSignal;
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

/** Up to this many bytes are read before the answer begins. */
const AT_ONCE = 128 * 1024;

/** Throws ServiceUnavailable when no replica can be read; after the first byte the stream is destroyed instead. */
export async function readBlob(stores: BlobReaderOptions, blob: Blob, options: ReadOptions): Promise<BlobReading> {
  const { range, order } = options;
  const cached = stores.cache.get(blob.storageKey, blob.size);
  if (cached !== undefined)
    return { body: range === undefined ? cached : cached.subarray(range.first, range.last + 1), backend: undefined };
  const first = range?.first ?? 0;
  const end = range === undefined ? blob.size : range.last + 1;
  const asked = end - first === blob.size ? undefined : range;
  if (end - first <= AT_ONCE) return readAtOnce(stores, blob, order, asked, end - first);
  const { signal } = options;
  const source = new ReplicaSource(stores, blob, order, signal);
  const replica = await source.openNext(asked);
  const body = new FailoverBody(source, replica, first, end);
  const stop = () => body.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", stop, { once: true });
  body.once("close", () => signal.removeEventListener("abort", stop));
  await body.started();
  return { body, backend: replica.member.backend.name };
}

async function readAtOnce(
  stores: BlobReaderOptions,
  blob: Blob,
  order: readonly string[],
  range: ByteRange | undefined,
  length: number,
): Promise<BlobReading> {
  const source = new ReplicaSource(stores, blob, order);
  for (;;) {
    const { member, bytes } = await source.readNext(range, length);
    const backend = member.backend.name;
    try {
      if (range === undefined && isProven(source.blob, bytes, backend)) stores.cache.add(source.blob.storageKey, bytes);
      return { body: bytes, backend };
    } catch (error) {
      await source.fail(onlyBackendError(error));
    }
  }
}

/**
 * Few bytes are cheap to hash: a backend whose ETag no longer fits its bytes is found out before the client is misled.
 * Throws corrupt when a hash differs; false: nothing is known to compare with, as of a fresh blob that came in parts.
 */
function isProven({ partSizes, etag, digest }: Blob, body: Buffer, backend: string): boolean {
  const algorithm = partSizes === undefined ? "md5" : "sha256";
  const expected = partSizes === undefined ? etag : digest;
  if (expected === undefined) return false;
  const found = hash(algorithm, body, "hex");
  if (found === expected) return true;
  throw new BackendError(backend, "corrupt", { detail: `${algorithm} ${found}, expected ${expected}` });
}
