/** Bytes by digest, on `copies` of N backends; knows no bucket and no key. */
import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import type { Fleet } from "../backends/fleet.ts";
import type { Log } from "../log.ts";
import type { BlobReader } from "../metadata/blobs.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Content, FreshContent, KnownContent } from "../metadata/stored-content.ts";
import type { Upload, UploadedPart } from "../metadata/uploads.ts";
import type { Blob, ByteRange, ChecksumAlgorithm, Digest } from "../model.ts";
import { copiesOf, suits, type Wanted } from "../wanted.ts";
import { BlobCache, type BlobCacheCounts } from "./read/blob-cache.ts";
import { type HedgeCounts, Hedging } from "./read/hedging.ts";
import { type BlobReading, type ReadOptions, readBlob } from "./read/open-blob.ts";
import { type CopyRules, knownFor } from "./replicas/good-copies.ts";
import { Inspector } from "./replicas/inspect.ts";
import { Placer } from "./replicas/placer.ts";
import { Replicas } from "./replicas/verify.ts";
import type { BodySource, Ingested } from "./write/body-source.ts";
import { completeUpload } from "./write/complete-upload.ts";
import { contextFor, type WriteContext } from "./write/context.ts";
import { openKeyPool } from "./write/key-pool.ts";
import { abortUpload, type BackendUploads, startUpload } from "./write/multipart.ts";
import { put } from "./write/put.ts";
import { putPart, type WrittenPart } from "./write/put-part.ts";

export type { BodySource } from "./write/body-source.ts";

interface PutOptions {
  /** Key under which equal digests share one blob; undefined: never shared. */
  readonly scope: string | undefined;
  /** Replicas that must stand before this resolves; undefined: as configured. */
  readonly minimumCopies?: number | undefined;
  /** Of the blob. All that share a scope want the same regions. */
  readonly wanted?: Wanted | undefined;
  /** Regions in which the first copy should be, best first. Default: any. */
  readonly near?: readonly string[] | undefined;
}

export interface BlobStore {
  /**
   * Stores bytes durably on `copies` backends in different regions, or finds them known in `scope` and proves enough
   * good replicas. Nothing is left behind when it throws: S3Error for what the client did (BadDigest, IncompleteBody
   * ...), ServiceUnavailable with Retry-After when too few backends are healthy (within 5 s).
   */
  put(bytes: BodySource, options: PutOptions): Promise<Ingested<Content>>;
  /**
   * For a body that was announced with a signed digest and need not be sent: the known blob, proven good, when `reader`
   * may read it; undefined: send it. Its ETag is the md5 of the bytes: content that is known only as uploaded in parts
   * is not claimed.
   */
  claim(
    { scope, wanted }: PutOptions,
    digest: Digest,
    size: number,
    reader: BlobReader,
  ): Promise<KnownContent | undefined>;
  /** The blob as content, when as many of its replicas as the object wants are proven good. */
  known(blob: Blob, wanted: Wanted | undefined): Promise<KnownContent | undefined>;
  /** The blob as content for one more object, unproven; undefined: it does not stand as that object wants it. */
  shared(blob: Blob, wanted: Wanted | undefined): KnownContent | undefined;
  /** Throws away bytes that `put` returned as fresh and that got no name. */
  discard(content: Content): Promise<void>;

  /**
   * The bytes, or a range of them, from the first of `order` (backend names, closest first) that can, moving on when
   * one fails: before the first byte, and by Range after it. A small piece comes as a Buffer. Throws ServiceUnavailable
   * when no replica can be read.
   */
  open(blob: Blob, options: ReadOptions): Promise<BlobReading>;
  /** Of the small blobs in memory, since the start. */
  readonly cacheCounts: BlobCacheCounts;
  /** Of the reads that asked a second replica although the first had not failed, since the start. */
  readonly hedgeCounts: HedgeCounts;

  /** A reserved name and one backend upload on each of `copies` backends. */
  startUpload(wanted?: Wanted, near?: readonly string[]): Promise<BackendUploads>;
  /** Streams one part to every backend of the upload that can be reached. */
  putPart(upload: Upload, partNumber: number, bytes: BodySource): Promise<Ingested<WrittenPart>>;
  /** Streams a range of a stored blob in as a part. */
  copyPart(
    upload: Upload,
    partNumber: number,
    source: Blob,
    range: ByteRange | undefined,
    algorithm: ChecksumAlgorithm | undefined,
    signal: AbortSignal,
  ): Promise<Ingested<WrittenPart>>;
  /**
   * Completes on every backend that holds all parts, brings the others what they lack, and copies until `copies` hold
   * the object. Repeatable, but not at the same time. Throws the signal's reason when that aborts.
   */
  completeUpload(
    upload: Upload,
    parts: readonly UploadedPart[],
    scope: string | undefined,
    signal: AbortSignal,
  ): Promise<FreshContent>;
  /**
   * Frees what an upload holds that has ended in metadata, or never began there: now where backends can be reached,
   * else by a drop job.
   */
  abortUpload(upload: BackendUploads): Promise<void>;
}

export interface BlobStoreOptions {
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  /** Replicas a blob should have. */
  readonly copies: number;
  /** No blob is kept in fewer, whatever it asks for. Default `copies`. */
  readonly fewestCopies?: number | undefined;
  /** Default `copies`. */
  readonly minimumCopies?: number | undefined;
  /** Bodies up to this many bytes are looked up before anything is uploaded. Default 8 MiB. */
  readonly bufferBytes?: number;
  /** For small blobs that are often read. Default 0: none is kept. */
  readonly cacheBytes?: number;
  /** A replica verified within this time counts without a look. Default one hour. */
  readonly verifiedForMs?: number;
  /** How long this process's reserved names outlive it. Default one minute. */
  readonly leaseMs?: number;
  readonly now: () => Date;
  readonly log: Log;
  /** As Math.random: draws placements. */
  readonly random?: () => number;
}

/** An upload that is forgotten costs its client one more try. */
const UPLOADS_TO_HASH = 1000;

/** Registers this process as a writer of names; `close` releases what it did not use. */
export async function openBlobStore(options: BlobStoreOptions): Promise<BlobStore & { close(): Promise<void> }> {
  const {
    metadata,
    fleet,
    copies,
    fewestCopies,
    now,
    log,
    bufferBytes = 8 * 1024 * 1024,
    cacheBytes = 0,
    verifiedForMs = 3_600_000,
    leaseMs = 60_000,
    random = Math.random,
  } = options;
  const keyPool = await openKeyPool({ reservations: metadata.keyReservations, leaseMs, now, log });
  const replicas = new Replicas({ blobs: metadata.blobs, fleet, verifiedForMs, now, log });
  const minimumCopies = Math.min(options.minimumCopies ?? copies, copies);
  const rules: CopyRules = { fleet, copies, fewestCopies };
  const context: WriteContext = {
    metadata,
    rules,
    placer: new Placer({ ...rules, random }),
    keyPool,
    replicas,
    uploadsToHash: new LRUCache({ max: UPLOADS_TO_HASH }),
    minimumCopies,
    log,
  };
  const cache = new BlobCache(cacheBytes);
  const hedging = new Hedging();
  const inspector = new Inspector(fleet, replicas);
  const sources = { fleet, blobs: metadata.blobs, replicas, inspector, hedging, cache };
  const known = async (blob: Blob, wanted: Wanted | undefined) =>
    (await replicas.areGood(blob, copiesOf(rules, wanted))) ? knownFor(rules, blob, wanted) : undefined;
  return {
    put(bytes, { scope, minimumCopies: asked, wanted, near }) {
      const own = contextFor(context, wanted, near);
      const needed = Math.min(asked ?? own.minimumCopies, own.placer.copies);
      return put(own, bytes, { scope, wanted, needed, bufferBytes });
    },
    async claim({ scope, wanted }, digest, size, reader) {
      const blob = scope === undefined ? undefined : await metadata.blobs.findByDigest(scope, digest);
      if (blob === undefined || blob.size !== size || blob.partSizes !== undefined) return undefined;
      return (await metadata.blobs.isReadableBy(blob.id, reader)) ? known(blob, wanted) : undefined;
    },
    known,
    shared: (blob, wanted) => (suits(rules, blob.wanted, wanted) ? knownFor(rules, blob, wanted) : undefined),
    async discard(content) {
      if (content.kind === "fresh") await keyPool.discard(content.storageKey);
    },
    open: (blob, reading) => readBlob(sources, blob, reading),
    get cacheCounts() {
      return cache.counts;
    },
    hedgeCounts: hedging.counts,
    startUpload: (wanted, near) => startUpload(context, wanted, near),
    putPart: (upload, partNumber, bytes) => putPart(context, upload, partNumber, bytes),
    async copyPart(upload, partNumber, source, range, algorithm, signal) {
      const { body } = await readBlob(sources, source, { order: [], range, reader: { signal } });
      const stream = body instanceof Readable ? body : Readable.from([body]);
      const size = range === undefined ? source.size : range.last - range.first + 1;
      const claims = algorithm === undefined ? {} : { checksum: { algorithm, value: undefined } };
      try {
        return await putPart(context, upload, partNumber, { size, open: () => stream, claims, sender: { signal } });
      } finally {
        stream.destroy();
      }
    },
    completeUpload: (upload, parts, scope, signal) => completeUpload(context, upload, parts, scope, signal),
    abortUpload: (upload) => abortUpload(context, upload),
    close: () => keyPool.close(),
  };
}
