/**
 * A bucket of some S3 service that a bucket of the gateway takes over: its objects are read where they stand until they
 * have been brought here. Nothing is ever written there.
 */
import type { Readable } from "node:stream";
import type { ByteRange, ListedObject, ObjectAttributes } from "../model.ts";

export interface OldObject {
  readonly key: string;
  readonly size: number;
  /** Without quotes; some services' are made of no md5. */
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly attributes: ObjectAttributes;
}

/**
 * Why an object that is there cannot be read. archived: its class needs a restore first. encrypted: by a key that only
 * its clients have. refused: the service does not let this access key read it.
 */
export type Unreadable = "archived" | "encrypted" | "refused";

export interface OldPage {
  readonly prefix: string;
  /** Undefined: no common prefixes. */
  readonly delimiter: string | undefined;
  /** Exclusive start: a key, or a common prefix, all of whose keys are skipped. */
  readonly after: string | undefined;
  /** Keys and common prefixes together, at least 1. */
  readonly limit: number;
}

export interface OldListing {
  /** In byte order. */
  readonly entries: readonly ({ readonly object: ListedObject } | { readonly commonPrefix: string })[];
  readonly truncated: boolean;
  /** When truncated: everything up to and including this key or common prefix has been told. */
  readonly next: string | undefined;
}

/** Every method throws BackendError when the service does not answer. */
export interface OldPlace {
  /** One request, and one for its tags where it has any. Undefined: there is no such object. */
  find(key: string): Promise<OldObject | Unreadable | undefined>;
  /** Of the parts that the ETag counts, asked for one by one. Undefined: it was one PUT, or nobody tells them. */
  partSizes(object: OldObject): Promise<readonly number[] | undefined>;
  /** Its bytes, `range` of them or all. BackendError "absent": it was overwritten or deleted. */
  open(object: OldObject, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  list(page: OldPage): Promise<OldListing>;
  close(): Promise<void>;
}
