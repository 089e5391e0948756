/** The journal that was ended last: one that begins later continues it, and is not older than its files. */
import type { Migration } from "./migration.ts";

export const journalEnded: Migration = {
  name: "013-journal-ended",
  statements: () => [
    "CREATE TABLE journal_ended (id INTEGER PRIMARY KEY CHECK (id = 1), journal TEXT NOT NULL, epoch BIGINT NOT NULL)",
  ],
};
