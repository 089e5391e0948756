/** Rows of access keys and their conversion to values: each with how its parent stands. */
import type { AccessKey, KeyScope } from "../model.ts";
import { fromJson, toAccount, toRedirectMode } from "./rows.ts";

/** Only listings show the last use, so that a use does not invalidate the cached key. */
export interface ListedKey extends AccessKey {
  /** To the minute; undefined: never. */
  readonly lastUsedAt: Date | undefined;
}

const ownColumns = [
  ...["access_key_id", "account_id", "sealed_secret", "sealed_by", "redirect", "scope"],
  ...["disabled", "expires_at", "last_used_at", "created_at", "session_of"],
];

export const keyColumns = `${ownColumns.map((name) => `access_keys.${name} AS ${name}`).join(", ")},
  accounts.name AS account_name, parents.disabled AS parent_disabled, parents.expires_at AS parent_expires_at`;

export const keysWithParents = `access_keys JOIN accounts ON accounts.id = access_keys.account_id
  LEFT JOIN access_keys AS parents ON parents.access_key_id = access_keys.session_of`;

export interface KeyRow {
  readonly access_key_id: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly sealed_secret: string;
  readonly sealed_by: string | null;
  readonly redirect: string | null;
  readonly scope: string;
  readonly disabled: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly created_at: number;
  readonly session_of: string | null;
  /** Null: there is no such key. */
  readonly parent_disabled: number | null;
  readonly parent_expires_at: number | null;
}

export function toAccessKey(row: KeyRow): AccessKey {
  return {
    accessKeyId: row.access_key_id,
    account: toAccount(row),
    sealedSecret: row.sealed_secret,
    sealedBy: row.sealed_by ?? undefined,
    createdAt: new Date(row.created_at),
    redirect: toRedirectMode(row.redirect),
    scope: fromJson<KeyScope>(row.scope) ?? {},
    disabled: row.disabled === 1,
    expiresAt: toDate(row.expires_at),
    sessionOf: row.session_of ?? undefined,
    parent: toParent(row),
  };
}

export function toListedKey(row: KeyRow): ListedKey {
  return { ...toAccessKey(row), lastUsedAt: toDate(row.last_used_at) };
}

function toParent({ parent_disabled: disabled, parent_expires_at: expiresAt }: KeyRow): AccessKey["parent"] {
  return disabled === null ? undefined : { disabled: disabled === 1, expiresAt: toDate(expiresAt) };
}

function toDate(time: number | null): Date | undefined {
  return time === null ? undefined : new Date(time);
}
