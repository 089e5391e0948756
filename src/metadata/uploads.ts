import type { Checksum, ChecksumAlgorithm, DedupScope, FreshContent, ObjectAttributes, PartOfObject, StoredObject, WriteCondition } from "../model.ts";

/** One backend's own multipart upload behind ours. */
export interface BackendUpload {
  readonly backend: string;
  readonly backendUploadId: string;
  /** A part failed there: never completed, replaced by a copy when the upload is completed. */
  readonly broken: boolean;
}

export interface Upload {
  readonly uploadId: string;
  readonly bucketId: number;
  readonly key: string;
  readonly accountId: number;
  /** The reserved physical name its bytes will have. */
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: Checksum["type"] | undefined;
  readonly dedup: DedupScope;
  readonly startedAt: Date;
  readonly backends: readonly BackendUpload[];
}

export interface UploadedPart {
  readonly partNumber: number;
  readonly size: number;
  /** md5 of its bytes. */
  readonly etag: string;
  readonly checksum: string | undefined;
  readonly modifiedAt: Date;
  /** The backends that hold this part's bytes. */
  readonly backends: readonly string[];
}

export interface Uploads {
  /** The reserved name passes from the writer's reservation to the upload in this transaction. */
  create(upload: Omit<Upload, "uploadId" | "startedAt">): Promise<Upload>;
  /** Undefined: unknown, aborted, or another bucket or key. An upload that was completed is told by `completed`. */
  find(bucketId: number, key: string, uploadId: string): Promise<Upload | undefined>;
  /** Replaces the part of that number. Throws NoSuchUpload when it ended meanwhile. */
  putPart(uploadId: string, part: Omit<UploadedPart, "modifiedAt">): Promise<UploadedPart>;
  markBroken(uploadId: string, backend: string): Promise<void>;
  parts(uploadId: string, page: { readonly after: number; readonly limit: number }): Promise<readonly UploadedPart[]>;
  /** In order of key, then start. `after` exclusive; a delimiter rolls up as in a listing of objects. */
  list(
    bucketId: number,
    page: {
      readonly prefix: string;
      readonly delimiter: string | undefined;
      readonly afterKey: string | undefined;
      readonly afterUploadId: string | undefined;
      readonly limit: number;
    },
  ): Promise<{
    readonly entries: readonly ({ readonly upload: Upload } | { readonly commonPrefix: string })[];
    readonly truncated: boolean;
  }>;
  /** As Objects.put, and ends the upload in the same transaction, remembering what it became so that a repeated Complete gets the same answer. */
  complete(
    uploadId: string,
    object: {
      readonly content: FreshContent;
      readonly etag: string;
      readonly checksum: Checksum | undefined;
      readonly parts: readonly PartOfObject[];
      readonly condition: WriteCondition;
    },
  ): Promise<StoredObject>;
  /** What a completed upload became, for a client that repeats Complete because the answer was lost; kept for a day. */
  completed(bucketId: number, key: string, uploadId: string): Promise<{ readonly etag: string; readonly object: StoredObject | undefined } | undefined>;
  /** Ends it and makes its bytes a drop job. False when there was none. */
  abort(uploadId: string): Promise<boolean>;
  /** Uploads started before `before`, oldest first: for the job that ends stale ones. */
  stale(before: Date, limit: number): Promise<readonly Upload[]>;
}
