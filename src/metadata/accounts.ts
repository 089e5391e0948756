import type { AccessKey, Account, RedirectMode } from "../model.ts";

/** Accounts and their access keys. */
export interface Accounts {
  /** The account of that name, made when missing. */
  ensure(name: string): Promise<Account>;
  /** Hot: one prepared statement, cached exactly. Undefined: unknown or revoked. */
  findKey(accessKeyId: string): Promise<AccessKey | undefined>;
  /** Throws S3Error InvalidArgument when the id is taken. */
  createKey(key: {
    readonly accessKeyId: string;
    readonly accountId: number;
    readonly sealedSecret: string;
    readonly redirect: RedirectMode | undefined;
  }): Promise<void>;
  listKeys(): Promise<readonly AccessKey[]>;
  /** False when there was no such key. */
  revokeKey(accessKeyId: string): Promise<boolean>;
}
