/** Which journal a journal continues: files of that one may be deleted in time. Empty: none, or nobody knows. */
import type { Migration } from "./migration.ts";

export const journalContinues: Migration = {
  name: "012-journal-continues",
  statements: () => ["ALTER TABLE journal_head ADD COLUMN continues TEXT NOT NULL DEFAULT ''"],
};
