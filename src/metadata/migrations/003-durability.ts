/**
 * Backends are registered by identity; replicas know when they were last read whole; jobs are claimed by kind, urgent
 * ones first; deleting a bucket no longer reads the objects of others.
 */
import type { Dialect, Migration } from "./migration.ts";

const statements = (text: string) => [
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
];

export const durability: Migration = {
  name: "003-durability",
  statements: (dialect: Dialect) => statements(dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'),
};
