/**
 * The contract of a backend: a handful of calls over keys and bytes, and the one error that every adapter throws.
 * Backends are foreign and may be slow, wrong, full or unreachable at any moment; an adapter reports every failure as
 * that error.
 */
import type { Readable } from "node:stream";
import type { ByteRange } from "../model.ts";
import type { RedirectAbilities } from "../registration.ts";
import type { Adoptable } from "./adoptable.ts";
import type { Space } from "./space.ts";
import type { StopSignal } from "./stop-signal.ts";

/**
 * absent: no such key or upload. unavailable: cannot be reached, timed out, 5xx, connection cut: another try may work.
 * refused: the backend answered no (403, quota, bad request): trying again will not help. corrupt: its answer
 * contradicts what it was given.
 */
export type BackendFault = "absent" | "unavailable" | "refused" | "corrupt";

export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly backend: string;
  readonly fault: BackendFault;
  /** Corrupt by strong evidence that is no proof: a backend in trouble can answer so about good bytes too. */
  readonly isSuspicion: boolean;
  /** Its answer broke off: so does, each time, a store that finds damage in its own files. */
  readonly isCut: boolean;
  constructor(
    backend: string,
    fault: BackendFault,
    options?: { cause?: unknown; detail?: string; isSuspicion?: boolean; isCut?: boolean },
  ) {
    super(`${backend}: ${fault}${options?.detail ? `: ${options.detail}` : ""}`, { cause: options?.cause });
    this.backend = backend;
    this.fault = fault;
    this.isSuspicion = options?.isSuspicion ?? false;
    this.isCut = options?.isCut ?? false;
  }
}

/** Turns what an adapter or a stream threw into a BackendError; any other error becomes `unavailable`. */
export function asBackendError(error: unknown, backend: string): BackendError {
  return error instanceof BackendError ? error : new BackendError(backend, "unavailable", { cause: error });
}

/** Narrows a caught error to BackendError. Rethrows any other: a fault of this process is not the backend's. */
export function onlyBackendError(error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  throw error;
}

/** A write in progress: write exactly `size` bytes, then `finish`; `abort` at any time. */
export interface Sink {
  /**
   * Resolves (or returns undefined) when the next chunk may be written. Rejects with BackendError once the write has
   * failed.
   */
  write(chunk: Buffer): Promise<void> | undefined;
  /**
   * Resolves when the backend says the bytes are durable, with its ETag (no quotes). A 200 that hides an
   * `<Error>` is an error.
   */
  finish(): Promise<{ readonly etag: string }>;
  /** Cancels the write; nothing becomes visible under the key. Safe to call twice and after a failure. */
  abort(): void;
}

export interface OpenedBlob {
  /** Exactly the bytes asked for; errors (never ends quietly) when the backend sends fewer. */
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

/** What a redirect to this backend keeps and what it loses: read by delivery/redirect-rules.ts. */
export interface BackendTraits {
  /** `scheme://host[:port]` clients are sent to; undefined: never redirect here. */
  readonly publicEndpoint: string | undefined;
  /**
   * Does the backend accept `x-amz-*` headers that a client sends again with a signed URL? MinIO and nodes do, AWS
   * does not. auto: as it was found to, and not before that.
   */
  readonly replayedHeaders: "tolerate" | "strict" | "auto";
  /** A nearbucket node: it answers with the headers given inside the signed URL, so a redirect loses nothing. */
  readonly honoursEmbeddedHeaders: boolean;
}

export interface SignedUrlOptions {
  readonly now: Date;
  readonly expiresSeconds: number;
  /** `response-content-type` and the five other `response-*` parameters. */
  readonly responseOverrides: Readonly<Record<string, string>>;
  /** All remaining reply headers (lower case); used only where `honoursEmbeddedHeaders`. */
  readonly replyHeaders: Readonly<Record<string, string>>;
}

export interface Backend {
  readonly name: string;
  readonly region: string;
  /** Weight when placement, or a read among equally close replicas, draws; any unit that all backends share. */
  readonly capacity: number;
  readonly traits: BackendTraits;
  /** How many bytes of it may be filled; undefined: all there are. */
  readonly sizeBytes?: number | undefined;

  write(key: string, size: number): Sink;
  /** Throws absent when there is no such key. `range` must lie inside the object. */
  open(key: string, range?: ByteRange, signal?: StopSignal): Promise<OpenedBlob>;
  /**
   * As `open`, for a few bytes, without the cost of a stream. Throws corrupt when they are not `length` bytes, before
   * it reads more.
   */
  read(key: string, length: number, range?: ByteRange, signal?: StopSignal): Promise<ReadBytes>;
  /** Throws absent when there is no such key. */
  stat(key: string): Promise<BackendStat>;
  /** Absent is success, but only while the identity is in place: else it throws unavailable. */
  delete(key: string): Promise<void>;

  createUpload(key: string): Promise<string>;
  /** `finish` gives the part's ETag, always the md5 of its bytes. A part that is written again replaces the former. */
  writePart(key: string, uploadId: string, partNumber: number, size: number): Sink;
  /**
   * ETag is md5-of-md5s-N. When the upload was completed already it answers as before, or throws absent: callers then
   * `stat`.
   */
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ readonly etag: string }>;
  /** Absent is success. Without `uploadId`: every unfinished upload of this key. */
  abortUpload(key: string, uploadId?: string): Promise<void>;

  /**
   * A presigned GET URL on `publicEndpoint`, with X-Amz-Content-Sha256=UNSIGNED-PAYLOAD; undefined: cannot redirect.
   * Does no I/O.
   */
  signedUrl(key: string, options: SignedUrlOptions): string | undefined;
  /**
   * Every key with this prefix that comes after `after`, in byte order. An error midway throws: a partial listing never
   * looks whole. What is not whole has an ETag that no object has.
   */
  list(prefix: string, after?: string): AsyncIterable<ListedBlob>;

  /**
   * The identity it was established under. Undefined when its bucket or disk is there and holds none; throws absent
   * when the bucket or disk itself is not there.
   */
  identity(signal: AbortSignal): Promise<string | undefined>;
  /**
   * Does nothing stand where blobs stand? Asked before it has an identity. Throws absent as `identity` does, and
   * refused when other things stand there that keep it from being established.
   */
  isEmpty(): Promise<boolean>;
  /**
   * Writes the identity where none is, after it made the bucket or the disk where it may. The same identity again is
   * success; of two at once one wins. Throws refused when another identity is there, absent when the bucket is missing
   * and must not be made. Nothing else ever makes a bucket or a disk.
   */
  establish(identity: string): Promise<void>;
  /**
   * Resolves when the backend answers and shows this identity. From then on it believes that a key is missing only
   * while this identity is in place. Throws absent when it holds no identity or its bucket or disk is not there,
   * corrupt when it shows another identity; unavailable or refused when nobody can tell.
   */
  probe(signal: AbortSignal, identity: string): Promise<void>;
  /** Writes a few bytes beside the identity, as durably as any write. Throws why it takes no writes now. */
  probeWrite(signal: AbortSignal): Promise<void>;
  /**
   * Tries what becomes of the reads that redirects lead to, with an object of its own. Undefined: none lead here.
   * Throws when it takes no object now.
   */
  tryRedirects?(signal: AbortSignal): Promise<RedirectAbilities | undefined>;
  /** The objects of clients in its bucket; undefined: none may be adopted. */
  readonly adoptable?: Adoptable | undefined;
  /** Asked now and then, after a good probe. Undefined: nobody can tell. */
  space?(): Promise<Space | undefined>;
  close(): Promise<void>;
}
