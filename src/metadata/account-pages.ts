/** Accounts and access keys in pages, in byte order of their names: for listings, where speed does not matter. */
import type { Knex } from "knex";
import { keyColumns, keysWithParents } from "./key-rows.ts";

export interface Page {
  /** The last name of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface KeyPage extends Page {
  readonly accountId?: number | undefined;
  /** Only this key. */
  readonly accessKeyId?: string | undefined;
  /** Default false: sessions are left out. */
  readonly sessions?: boolean | undefined;
}

export interface ListedAccount {
  readonly name: string;
  /** Without sessions. */
  readonly keys: number;
  readonly buckets: number;
}

export function keyPageQuery(knex: Knex, { accountId, accessKeyId, sessions = false, after, limit }: KeyPage) {
  const query = knex(knex.raw(keysWithParents)).select(knex.raw(keyColumns));
  if (accountId !== undefined) query.where("access_keys.account_id", accountId);
  if (accessKeyId !== undefined) query.where("access_keys.access_key_id", accessKeyId);
  if (!sessions) query.whereNull("access_keys.session_of");
  if (after !== undefined) query.where("access_keys.access_key_id", ">", after);
  return query.orderBy("access_keys.access_key_id").limit(limit);
}

export function accountPageQuery(knex: Knex, { after, limit }: Page) {
  const keys = knex("access_keys")
    .select("account_id")
    .count("* as keys")
    .whereNull("session_of")
    .groupBy("account_id");
  const buckets = knex("buckets").count("*").where("account_id", knex.ref("accounts.id"));
  const query = knex("accounts")
    .leftJoin(keys.as("counted"), "counted.account_id", "accounts.id")
    .select("name", knex.raw("COALESCE(counted.keys, 0) AS keys"), buckets.as("buckets"));
  if (after !== undefined) query.where("name", ">", after);
  return query.orderBy("name").limit(limit);
}
