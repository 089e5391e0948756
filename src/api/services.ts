/** What the calls of the API work with; made by the composition root. */

import type { LiveBox } from "../auth/secret-box.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Account, DedupScope, PublicAccess, RedirectMode } from "../model.ts";

export interface ApiServices {
  readonly metadata: Metadata;
  readonly delivery: Delivery;
  readonly blobs: BlobStore;
  readonly seal: LiveBox["seal"];
  readonly now: () => Date;
  readonly facts: GatewayFacts;
}

/** What the configuration says that callers may know. */
export interface GatewayFacts {
  readonly version: string;
  readonly root: Account;
  /** Of the key from the configuration. */
  readonly rootKeyId: string;
  readonly region: string;
  readonly copies: number;
  /** For buckets without a setting of their own. */
  readonly minimumCopies: number;
  readonly dedup: DedupScope;
  readonly redirect: RedirectMode;
  readonly publicAccess: PublicAccess;
}
