/**
 * The first schema. Times are epoch milliseconds, sizes bytes, yes/no 0 or 1, lists and settings JSON as text.
 * Text compares in byte order on both engines.
 */
import type { Dialect, Migration } from "./migration.ts";

const tables = (text: string, id: string) => [
  `CREATE TABLE accounts (id ${id}, name ${text} NOT NULL UNIQUE)`,

  `CREATE TABLE access_keys (access_key_id ${text} PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES accounts (id),
    sealed_secret TEXT NOT NULL,
    redirect TEXT, created_at BIGINT NOT NULL)`,

  `CREATE TABLE buckets (id ${id}, name ${text} NOT NULL UNIQUE, account_id BIGINT NOT NULL REFERENCES accounts (id),
    location TEXT NOT NULL,
    settings TEXT NOT NULL, created_at BIGINT NOT NULL)`,
  "CREATE INDEX buckets_of_account ON buckets (account_id, name)",

  `CREATE TABLE blobs (id ${id}, name ${text} NOT NULL UNIQUE, size BIGINT NOT NULL, etag TEXT NOT NULL,
    digest ${text}, scope ${text}, layout TEXT,
    ref_count BIGINT NOT NULL CHECK (ref_count >= 0), reclaim_at BIGINT, going INTEGER NOT NULL DEFAULT 0)`,
  `CREATE UNIQUE INDEX blobs_shared
    ON blobs (scope, digest) WHERE scope IS NOT NULL AND digest IS NOT NULL AND going = 0`,
  "CREATE INDEX blobs_reclaimable ON blobs (reclaim_at) WHERE reclaim_at IS NOT NULL",

  `CREATE TABLE replicas (blob_id BIGINT NOT NULL REFERENCES blobs (id), backend ${text} NOT NULL,
    state TEXT NOT NULL, verified_at BIGINT NOT NULL,
    PRIMARY KEY (blob_id, backend))`,

  `CREATE TABLE objects (id ${id}, bucket_id BIGINT NOT NULL REFERENCES buckets (id), key ${text} NOT NULL,
    version_id ${text} NOT NULL,
    is_latest INTEGER NOT NULL, is_delete_marker INTEGER NOT NULL, blob_id BIGINT REFERENCES blobs (id),
    size BIGINT NOT NULL, etag TEXT NOT NULL,
    modified_at BIGINT NOT NULL, attributes TEXT NOT NULL, checksum TEXT, parts TEXT)`,
  "CREATE UNIQUE INDEX objects_latest ON objects (bucket_id, key) WHERE is_latest = 1",
  "CREATE INDEX objects_of_blob ON objects (blob_id)",

  `CREATE TABLE uploads (upload_id ${text} PRIMARY KEY, bucket_id BIGINT NOT NULL REFERENCES buckets (id),
    key ${text} NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id), name ${text} NOT NULL UNIQUE, attributes TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_type TEXT,
    dedup TEXT NOT NULL, started_at BIGINT NOT NULL)`,
  "CREATE INDEX uploads_of_key ON uploads (bucket_id, key, upload_id)",
  "CREATE INDEX uploads_by_age ON uploads (started_at)",

  `CREATE TABLE upload_backends (upload_id ${text} NOT NULL REFERENCES uploads (upload_id) ON DELETE CASCADE,
    backend ${text} NOT NULL,
    backend_upload_id TEXT NOT NULL, broken INTEGER NOT NULL, PRIMARY KEY (upload_id, backend))`,

  `CREATE TABLE parts (upload_id ${text} NOT NULL REFERENCES uploads (upload_id) ON DELETE CASCADE,
    part_number INTEGER NOT NULL, size BIGINT NOT NULL,
    etag TEXT NOT NULL, checksum TEXT, modified_at BIGINT NOT NULL, backends TEXT NOT NULL, PRIMARY KEY (upload_id,
    part_number))`,

  `CREATE TABLE completed_uploads (upload_id ${text} PRIMARY KEY,
    bucket_id BIGINT NOT NULL REFERENCES buckets (id) ON DELETE CASCADE, key ${text} NOT NULL,
    object TEXT NOT NULL, completed_at BIGINT NOT NULL)`,
  "CREATE INDEX completed_uploads_by_age ON completed_uploads (completed_at)",
  "CREATE INDEX completed_uploads_of_bucket ON completed_uploads (bucket_id)",

  `CREATE TABLE writers (writer_id ${text} PRIMARY KEY, lease_until BIGINT NOT NULL)`,
  `CREATE TABLE names (name ${text} PRIMARY KEY, writer_id ${text} NOT NULL REFERENCES writers (writer_id))`,
  "CREATE INDEX names_of_writer ON names (writer_id)",

  `CREATE TABLE jobs (id ${id}, job_key ${text} NOT NULL UNIQUE, kind TEXT NOT NULL, work TEXT NOT NULL,
    run_at BIGINT NOT NULL, lease_until BIGINT,
    epoch BIGINT NOT NULL DEFAULT 0, attempts BIGINT NOT NULL DEFAULT 0, again_at BIGINT, reason TEXT,
    created_at BIGINT NOT NULL)`,
  "CREATE INDEX jobs_due ON jobs (run_at)",
];

export const init: Migration = {
  name: "001-init",
  statements: (dialect: Dialect) =>
    dialect === "sqlite"
      ? tables("TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT")
      : tables('TEXT COLLATE "C"', "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
};
