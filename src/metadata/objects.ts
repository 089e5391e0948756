import type { Bucket, Checksum, Content, FoundObject, ObjectAttributes, PartOfObject, StoredObject, WriteCondition } from "../model.ts";

export interface NewObject {
  readonly bucketId: number;
  readonly key: string;
  readonly content: Content;
  /** What the client sees; equals the blob's unless equal bytes came in another layout. */
  readonly etag: string;
  readonly attributes: ObjectAttributes;
  readonly checksum: Checksum | undefined;
  readonly parts: readonly PartOfObject[] | undefined;
  readonly condition: WriteCondition;
}

export interface ListPage {
  readonly prefix: string;
  /** Undefined: no roll-up. */
  readonly delimiter: string | undefined;
  /** Exclusive start: keys and common prefixes at or before it are skipped. A marker that is itself a common prefix skips all it covers. */
  readonly after: string | undefined;
  /** Keys and common prefixes together. */
  readonly limit: number;
}

export interface Listing {
  /** Keys and common prefixes in one byte order. */
  readonly entries: readonly ({ readonly object: StoredObject } | { readonly commonPrefix: string })[];
  readonly truncated: boolean;
  /** The last key or common prefix of this page when truncated. */
  readonly next: string | undefined;
}

export interface Objects {
  /** Hot: ONE query (object, blob and replicas joined, prepared once), behind the exact cache. `undefined` bucket: no such bucket; `found` undefined: no such key. */
  find(bucket: string, key: string): Promise<{ readonly bucket: Bucket | undefined; readonly found: FoundObject | undefined }>;
  /**
   * One transaction: checks the condition, makes or references the blob, drops the old name's reference, releases the reserved name,
   * adds jobs (copy when replicas < copies, digest when the digest is unknown, drop for bytes not needed).
   * Throws PreconditionFailed; NoSuchKey for ifMatch on a missing key; NoSuchBucket when it was deleted meanwhile; SlowDown when a known blob was reclaimed meanwhile.
   */
  put(object: NewObject): Promise<StoredObject>;
  /** True when there was one. S3's DELETE is a success either way. Throws PreconditionFailed when `ifMatch` does not hold (and NoSuchKey is not used: absent with ifMatch is PreconditionFailed by the caller's choice). */
  delete(bucketId: number, key: string, condition?: { readonly ifMatch?: string; readonly ifSize?: number; readonly ifModifiedAt?: Date }): Promise<boolean>;
  /** All in one transaction; one outcome each, in order. */
  deleteMany(
    bucketId: number,
    keys: readonly { readonly key: string; readonly ifMatch?: string; readonly ifSize?: number; readonly ifModifiedAt?: Date }[],
  ): Promise<readonly ("deleted" | "precondition-failed")[]>;
  /** Skips from prefix to prefix by index seeks: a page costs the same in a bucket of ten million. */
  list(bucketId: number, page: ListPage): Promise<Listing>;
}
