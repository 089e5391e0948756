/**
 * The contract of a far store: a handful of calls over keys and bytes, and the one error every adapter speaks.
 * Stores are foreign and may be slow, wrong, full or away at any moment; an adapter translates at once and hides
 * nothing.
 */
import type { Readable } from "node:stream";
import type { ByteRange } from "../model.ts";

/**
 * absent: no such key or upload. unavailable: cannot be reached, timed out, 5xx, connection cut: another try may work.
 * refused: the store answered no (403, quota, bad request): trying again will not help. corrupt: what it says
 * contradicts what it was given.
 */
export type BackendFault = "absent" | "unavailable" | "refused" | "corrupt";

export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly backend: string;
  readonly fault: BackendFault;
  constructor(backend: string, fault: BackendFault, options?: { cause?: unknown; detail?: string }) {
    super(`${backend}: ${fault}${options?.detail ? `: ${options.detail}` : ""}`, { cause: options?.cause });
    this.backend = backend;
    this.fault = fault;
  }
}

/** Whatever an adapter or a stream threw, as the one error of backends: what is not one yet becomes `unavailable`. */
export function asBackendError(error: unknown, backend: string): BackendError {
  return error instanceof BackendError ? error : new BackendError(backend, "unavailable", { cause: error });
}

/** What a caller of backends caught. Throws again what no backend threw: a fault of this process is not the store's. */
export function onlyBackendError(error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  throw error;
}

/** A write under way. Exactly `size` bytes are written, then `finish`, or `abort` at any time. */
export interface Sink {
  /**
   * Resolves (or returns undefined) when the next chunk may be written. Rejects with BackendError once the store is
   * gone.
   */
  write(chunk: Buffer): Promise<void> | undefined;
  /**
   * Resolves when the store says the bytes are durable, with the ETag it gives (no quotes). A 200 that hides an
   * `<Error>` is an error.
   */
  finish(): Promise<{ readonly etag: string }>;
  /** Gives the write up; nothing becomes visible under the key. Safe to call twice and after a failure. */
  abort(): void;
}

export interface OpenedBlob {
  /** Exactly the bytes asked for; errors (never ends quietly) when the store cuts it short. */
  readonly body: Readable;
  /** Size of the whole stored object, not of the range. */
  readonly size: number;
  readonly etag: string;
}

export interface ReadBytes {
  /** Exactly the bytes asked for. */
  readonly bytes: Buffer;
  /** Size of the whole stored object, not of the range. */
  readonly size: number;
  readonly etag: string;
}

export interface BackendStat {
  readonly size: number;
  readonly etag: string;
}

export interface ListedBlob extends BackendStat {
  readonly key: string;
  readonly modifiedAt: Date;
}

/** What a redirect to this store keeps and what it loses: read by delivery/policy.ts. */
export interface BackendTraits {
  /** `scheme://host[:port]` clients are sent to; undefined: never redirect here. */
  readonly publicEndpoint: string | undefined;
  /**
   * Does the store bear a follower's replayed `x-amz-*` headers beside a signed query? MinIO and nodes do, AWS does
   * not.
   */
  readonly replayedHeaders: "tolerate" | "strict";
  /** A nearbucket node: it answers with the headers given inside the signed URL, so a redirect loses nothing. */
  readonly honoursEmbeddedHeaders: boolean;
}

export interface SignedUrlOptions {
  readonly now: Date;
  readonly expiresSeconds: number;
  /** `response-content-type` and its five kin. */
  readonly responseOverrides: Readonly<Record<string, string>>;
  /** All remaining reply headers (lower case); used only where `honoursEmbeddedHeaders`. */
  readonly replyHeaders: Readonly<Record<string, string>>;
}

export interface Backend {
  readonly name: string;
  readonly region: string;
  /** Weight of this backend when placement draws: free capacity in any unit that all backends share. */
  readonly capacity: number;
  readonly traits: BackendTraits;

  write(key: string, size: number): Sink;
  /** Throws absent when there is no such key. `range` must lie inside the object. */
  open(key: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedBlob>;
  /**
   * As `open`, for a few bytes, without the cost of a stream. Throws corrupt, before it takes more, when they are not
   * `length`.
   */
  read(key: string, length: number, range?: ByteRange): Promise<ReadBytes>;
  /** Throws absent when there is no such key. */
  stat(key: string): Promise<BackendStat>;
  /** Absent is success. */
  delete(key: string): Promise<void>;

  createUpload(key: string): Promise<string>;
  /** `finish` gives the part's ETag, always the md5 of its bytes. A part may be written again; the last one counts. */
  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink;
  /** ETag is md5-of-md5s-N. Completing an upload that was already completed so throws absent: callers then `stat`. */
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ readonly etag: string }>;
  /** Absent is success. Without `uploadId`: every unfinished upload of this key. */
  abortUpload(key: string, uploadId?: string): Promise<void>;

  /**
   * A GET URL for `publicEndpoint`, by our own SigV4, X-Amz-Content-Sha256=UNSIGNED-PAYLOAD pinned; undefined: cannot
   * redirect. Does no I/O.
   */
  signedUrl(key: string, options: SignedUrlOptions): string | undefined;
  /** Every key from `prefix` on, in byte order. An error midway throws: a short listing never looks whole. */
  list(prefix: string): AsyncIterable<ListedBlob>;
  /** Resolves when the store can take reads and writes; throws BackendError otherwise. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
