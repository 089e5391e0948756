/** What the console needs: keys that are sessions, links that sign in once, and what happened over time. */
import type { Dialect, Migration } from "./migration.ts";

const statements = (text: string) => [
  // The key that a session was made from; it has its rights, and goes with it.
  `ALTER TABLE access_keys ADD COLUMN session_of ${text}`,
  "CREATE INDEX access_keys_sessions ON access_keys (session_of) WHERE session_of IS NOT NULL",
  // `token_hash`: sha256, in hex, so that who reads the database cannot sign in. `access_key_id`: who signs in by it.
  `CREATE TABLE sign_in_links (token_hash ${text} PRIMARY KEY, access_key_id ${text} NOT NULL,
    expires_at BIGINT NOT NULL)`,
  "CREATE INDEX sign_in_links_due ON sign_in_links (expires_at)",
  // One row a gateway and step; `sample`: JSON. Old steps are deleted: a ring.
  `CREATE TABLE history (at BIGINT NOT NULL, gateway ${text} NOT NULL, sample ${text} NOT NULL,
    PRIMARY KEY (at, gateway))`,
];

export const consoleTables: Migration = {
  name: "006-console",
  statements: (dialect: Dialect) => statements(dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'),
};
