/** What the calls of the API work with; made by the composition root. */
import type { LiveBox } from "../auth/secret-box.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Account, PublicAccess, RedirectMode } from "../model.ts";

export interface ApiServices {
  readonly metadata: Metadata;
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
  readonly redirect: RedirectMode;
  readonly publicAccess: PublicAccess;
}
