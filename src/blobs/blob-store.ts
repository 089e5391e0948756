/** Bytes by digest, on `copies` of N backends; knows no bucket and no key. */
import type { Readable } from "node:stream";
import type { Upload, UploadedPart } from "../metadata/uploads.ts";
import type { Blob, ByteRange, Checksum, ChecksumAlgorithm, Content, Digest, FreshContent } from "../model.ts";

/** What the client claims about its bytes; every claim is checked while they stream. */
export interface Claims {
  /** Content-MD5, base64, decoded to hex. BadDigest. */
  readonly md5?: string;
  /** Compared with what was received: XAmzContentSHA256Mismatch. */
  readonly sha256?: Digest;
  /** Additional checksum; `value` undefined and `trailer` false: only computed. BadDigest when it differs. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: (() => string | undefined) | undefined };
}

export interface BytesIn {
  readonly size: number;
  /** Called once, when the first byte is needed. */
  readonly open: () => Readable;
  readonly claims: Claims;
  readonly signal: AbortSignal;
}

export interface Ingested<C> {
  readonly content: C;
  readonly md5: string;
  /** base64 of the additional checksum, when one was claimed or asked for. */
  readonly checksum: string | undefined;
}

export interface BlobStore {
  /**
   * Stores bytes durably on `copies` backends in different regions, or finds them known in `scope` and proves two good replicas.
   * Nothing is left behind when it throws: S3Error for what the client did (BadDigest, IncompleteBody ...), SlowDown/ServiceUnavailable with Retry-After
   * when too few backends are healthy (within 5 s). `copies` undefined: the configured number.
   */
  put(bytes: BytesIn, options: { readonly scope: string | undefined; readonly minimumCopies?: number | undefined }): Promise<Ingested<Content>>;
  /** For a body that was announced with a signed digest and need not be sent: the known blob, proven good; undefined: send it. */
  claim(scope: string | undefined, digest: Digest, size: number, accountId: number): Promise<(Content & { readonly kind: "known" }) | undefined>;
  /** Throws away bytes that `put` returned as fresh and that got no name. */
  discard(content: Content): Promise<void>;

  /** The bytes, or a range of them, from the first of `order` (backend names, closest first) that can, moving on when one fails: before the first byte, and by Range after it. */
  open(
    blob: Blob,
    options: { readonly order: readonly string[]; readonly range?: ByteRange | undefined; readonly signal: AbortSignal },
  ): Promise<{ readonly body: Readable; readonly backend: string }>;

  /** A reserved name and one backend upload on each of `copies` backends. */
  startUpload(): Promise<Pick<Upload, "name" | "backends">>;
  /** Streams one part to every backend of the upload that is not broken. */
  putPart(
    upload: Upload,
    partNumber: number,
    bytes: BytesIn,
  ): Promise<Ingested<{ readonly etag: string; readonly size: number; readonly backends: readonly string[] }>>;
  /** Streams a range of a stored blob in as a part. */
  copyPart(
    upload: Upload,
    partNumber: number,
    source: Blob,
    range: ByteRange | undefined,
    algorithm: ChecksumAlgorithm | undefined,
    signal: AbortSignal,
  ): Promise<Ingested<{ readonly etag: string; readonly size: number; readonly backends: readonly string[] }>>;
  /** Completes on every whole backend and copies until `copies` hold the object. Repeatable. */
  completeUpload(upload: Upload, parts: readonly UploadedPart[], scope: string | undefined): Promise<FreshContent>;
  abortUpload(upload: Upload): Promise<void>;
}

export type { Checksum };
