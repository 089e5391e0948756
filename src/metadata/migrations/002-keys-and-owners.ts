/**
 * Access keys get a scope, a switch, an end and a last use; the owner of an object moves out of its attributes into a
 * column of its own, NULL for the bucket's owner; columns get the names that the code uses.
 */
import type { Dialect, Migration } from "./migration.ts";

const common = (id: string, text: string) => [
  "ALTER TABLE access_keys ADD COLUMN scope TEXT NOT NULL DEFAULT '{}'",
  "ALTER TABLE access_keys ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE access_keys ADD COLUMN expires_at BIGINT",
  "ALTER TABLE access_keys ADD COLUMN last_used_at BIGINT",
  // NULL: sealed before secrets recorded their encryption key and access key.
  `ALTER TABLE access_keys ADD COLUMN sealed_by ${text}`,

  "ALTER TABLE blobs RENAME COLUMN name TO storage_key",
  "ALTER TABLE blobs RENAME COLUMN layout TO part_sizes",
  "ALTER TABLE blobs RENAME COLUMN going TO deleting",
  "ALTER TABLE uploads RENAME COLUMN name TO storage_key",
  "ALTER TABLE names RENAME TO reserved_keys",
  "ALTER TABLE reserved_keys RENAME COLUMN name TO storage_key",
  "DROP INDEX names_of_writer",
  "CREATE INDEX reserved_keys_of_writer ON reserved_keys (writer_id)",

  `ALTER TABLE objects ADD COLUMN owner_id ${id} REFERENCES accounts (id)`,
];

const onSqlite = [
  `UPDATE objects SET owner_id = json_extract(attributes, '$.owner.id'), attributes = json_remove(attributes, '$.owner')
  WHERE json_type(attributes, '$.owner') IS NOT NULL`,
  `UPDATE uploads SET attributes = json_remove(attributes, '$.owner')
  WHERE json_type(attributes, '$.owner') IS NOT NULL`,
  `UPDATE jobs SET work = json_remove(json_set(work, '$.storageKey', json_extract(work, '$.name')), '$.name')
  WHERE kind = 'drop'`,
];

/**
 * As text: PostgreSQL's json refuses escapes that an attribute may hold. In the output of JSON.stringify this text can
 * only be the owner: a quote inside a string is escaped, and no other field of that name holds an object.
 */
const owner = String.raw`,"owner":\{"id":(\d+),"name":"[^"]*"\}`;

const onPostgres = [
  `UPDATE objects SET owner_id = substring(attributes from '${owner}')::bigint,
    attributes = regexp_replace(attributes, '${owner}', '')
  WHERE attributes LIKE '%,"owner":{%'`,
  `UPDATE uploads SET attributes = regexp_replace(attributes, '${owner}', '')
  WHERE attributes LIKE '%,"owner":{%'`,
  `UPDATE jobs SET work = ((work::jsonb - 'name') || jsonb_build_object('storageKey', work::jsonb -> 'name'))::text
  WHERE kind = 'drop'`,
];

export const keysAndOwners: Migration = {
  name: "002-keys-and-owners",
  statements: (dialect: Dialect) =>
    dialect === "sqlite"
      ? [...common("INTEGER", "TEXT"), ...onSqlite]
      : [...common("BIGINT", 'TEXT COLLATE "C"'), ...onPostgres],
};
