/** Bytes that stand on backends, on their way to become the content of an object. */
import type { Digest } from "../model.ts";
import type { Wanted } from "../wanted.ts";

/**
 * Bytes on backends that no object refers to yet. The transaction that writes the object makes them a blob,
 * or drops them when the same content became known in the meantime.
 */
export interface FreshContent {
  readonly kind: "fresh";
  /** Reserved: see metadata/key-reservations.ts. */
  readonly storageKey: string;
  readonly size: number;
  readonly etag: string;
  readonly digest: Digest | undefined;
  readonly partSizes: readonly number[] | undefined;
  /** The backends that acknowledged, all with the same ETag. */
  readonly backends: readonly string[];
  /**
   * Others that may hold bytes, or an unfinished upload, under the key: their answer was lost, or they were disproved.
   * Each gets a row as `lost` in the same transaction, so that they are cleaned up.
   */
  readonly touched: readonly string[];
  /** Good copies that the blob should have. */
  readonly copies: number;
  readonly wanted?: Wanted;
  /** Of `backends`, those that count: not emptied by now. Too few make a copy job in the same transaction. */
  readonly good: number;
  /** Key under which equal digests share one blob; undefined: never shared. */
  readonly scope: string | undefined;
  /** The blob with this digest that has too few good replicas: it takes these bytes over, and drops its old ones. */
  readonly replaces: number | undefined;
}

/** Content that is already a blob with enough good replicas. */
export interface KnownContent {
  readonly kind: "known";
  readonly blobId: number;
  readonly size: number;
  readonly etag: string;
  /** More good copies could stand than do: one that no object referred to was not looked after. Default false. */
  readonly isShort?: boolean;
  /** What the blob should have from now on, because the new object asks for more than it has had to. */
  readonly copies?: number;
}

export type Content = FreshContent | KnownContent;

/**
 * Delete the object and the unfinished uploads under a storage key from these backends; empty: from all. Where it was
 * adopted, only what is still as expected.
 */
export interface DropJob {
  readonly kind: "drop";
  readonly storageKey: string;
  readonly backends: readonly string[];
  readonly expected?: { readonly size: number; readonly etag: string };
}
