/**
 * Backends are registered by identity; replicas know when they were last read whole; jobs are claimed by kind, urgent
 * ones first; deleting a bucket no longer reads the objects of others; an upload in parts counts what each backend
 * lacks.
 */
import type { Dialect, Migration } from "./migration.ts";

const statements = (text: string, position: string) => [
  // `seen_at`: any gateway last found this very backend in place; 0: never. `lost_at`: another identity, or none, was
  // found there.
  `CREATE TABLE backends (name ${text} PRIMARY KEY, identity TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    config TEXT, sealed_by ${text}, registered_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, lost_at BIGINT)`,

  // Zero: never read whole since it was written.
  "ALTER TABLE replicas ADD COLUMN scrubbed_at BIGINT NOT NULL DEFAULT 0",
  "CREATE INDEX replicas_to_scrub ON replicas (backend, state, scrubbed_at)",

  "ALTER TABLE jobs ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0",
  "DROP INDEX jobs_due",
  "CREATE INDEX jobs_due ON jobs (kind, urgent, run_at)",

  "CREATE INDEX objects_of_bucket ON objects (bucket_id)",

  // How many of the parts recorded a backend lacks. An empty `backend_upload_id`: no upload is known there, but bytes,
  // or an upload whose id was never learnt, may be.
  "ALTER TABLE upload_backends RENAME COLUMN broken TO missing_parts",
  `UPDATE upload_backends SET missing_parts = (SELECT COUNT(*) FROM parts
    WHERE parts.upload_id = upload_backends.upload_id
      AND ${position}(parts.backends, '"' || upload_backends.backend || '"') = 0)`,
  // Who completes an upload has a lease, counted by an epoch.
  "ALTER TABLE uploads ADD COLUMN completing_until BIGINT",
  "ALTER TABLE uploads ADD COLUMN completing_epoch BIGINT NOT NULL DEFAULT 0",
];

export const durability: Migration = {
  name: "003-durability",
  statements: (dialect: Dialect) =>
    dialect === "sqlite" ? statements("TEXT", "instr") : statements('TEXT COLLATE "C"', "strpos"),
};
