/** Which rows changed is recorded by triggers while there is a journal, and read when its next segment is made. */
import type { Dialect, Migration } from "./migration.ts";
import { type Recorded, recording } from "./recording.ts";

/** The others are made anew by every gateway that starts, and come and go each minute. */
const ONCE = ["copy", "recount", "recount-bucket", "read-replica", "trim", "digest", "drop"]
  .map((kind) => `'${kind}'`)
  .join(", ");

const RECORDED: readonly Recorded[] = [
  { table: "accounts", number: "id" },
  {
    ...{ table: "access_keys", text: "access_key_id" },
    columns: "account_id, sealed_secret, sealed_by, redirect, scope, disabled, expires_at, session_of",
  },
  { table: "buckets", number: "id" },
  { table: "backends", text: "name", columns: "identity, state, config, sealed_by, lost_at, abilities" },
  { table: "blobs", number: "id" },
  { table: "replicas", number: "blob_id", columns: "state" },
  { table: "objects", number: "id" },
  { table: "uploads", text: "upload_id", columns: "attributes, copies, regions" },
  { table: "upload_backends", text: "upload_id" },
  { table: "parts", number: "part_number", text: "upload_id" },
  { table: "completed_uploads", text: "upload_id" },
  { table: "jobs", number: "id", columns: "work", where: (row) => `${row}.kind IN (${ONCE})` },
];

const tables = (text: string, id: string) => [
  // No row: there is no journal. `epoch`: counts those who wrote it, one after another. `written`: the last segment
  // that two backends have, `started` that was begun; `hash`: of the written one.
  `CREATE TABLE journal_head (id INTEGER PRIMARY KEY CHECK (id = 1), journal ${text} NOT NULL, epoch BIGINT NOT NULL,
    writer ${text} NOT NULL, lease_until BIGINT NOT NULL, written BIGINT NOT NULL, started BIGINT NOT NULL,
    hash ${text} NOT NULL)`,
  `CREATE TABLE journal_changes (id ${id}, table_name ${text} NOT NULL, row_number BIGINT NOT NULL,
    row_text ${text} NOT NULL)`,
];

export const journal: Migration = {
  name: "010-journal",
  statements: (dialect: Dialect) =>
    dialect === "sqlite"
      ? [...tables("TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"), ...recording(dialect, RECORDED)]
      : [
          ...tables('TEXT COLLATE "C"', "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
          ...recording(dialect, RECORDED),
        ],
};
