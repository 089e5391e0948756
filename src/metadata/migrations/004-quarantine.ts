/** What a backend holds and no row knows, kept for the grace before it is deleted. */
import type { Dialect, Migration } from "./migration.ts";

const statements = (text: string) => [
  // `found_at`: when the key was first listed without a row that knows it. `confirmed`: 1 when an operator wants it
  // deleted, however many there are.
  `CREATE TABLE quarantine (backend ${text} NOT NULL, storage_key ${text} NOT NULL, size BIGINT NOT NULL,
    found_at BIGINT NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (backend, storage_key))`,
  "CREATE INDEX quarantine_due ON quarantine (backend, confirmed, found_at)",
];

export const quarantine: Migration = {
  name: "004-quarantine",
  statements: (dialect: Dialect) => statements(dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'),
};
