/** The objects that clients wrote into a backend's bucket themselves, and what of them a database must know. */
import type { ObjectAttributes } from "../model.ts";

export interface PresentObject {
  /** As clients gave it. */
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface DescribedObject extends PresentObject {
  readonly attributes: ObjectAttributes;
  /** Of the parts it was uploaded in; undefined for a single PUT. */
  readonly partSizes: readonly number[] | undefined;
}

/**
 * Why an object cannot be adopted. gone, changed: since it was listed. archived: its class needs a restore first.
 * encrypted: by a customer's or a KMS key, so that nobody else can read it or its ETag is not made of its bytes.
 * unreadable: the service refuses it. parts: nobody tells their sizes. unproven: its ETag is no md5.
 */
export type Obstacle = "gone" | "changed" | "archived" | "encrypted" | "unreadable" | "parts" | "unproven";

export interface Adoptable {
  /** In byte order, those after `after`. Throws BackendError. */
  list(prefix: string, after?: string): AsyncIterable<PresentObject>;
  /** Asks for no bytes. Throws BackendError when the service does not answer. */
  describe(listed: PresentObject): Promise<DescribedObject | Obstacle>;
}
