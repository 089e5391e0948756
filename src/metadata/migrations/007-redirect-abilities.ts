/** What each store was found to do with the reads that redirects lead to. */
import type { Migration } from "./migration.ts";

export const redirectAbilities: Migration = {
  name: "007-redirect-abilities",
  // JSON; NULL: nobody has tried it yet.
  statements: (dialect) => [
    `ALTER TABLE backends ADD COLUMN abilities ${dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'}`,
  ],
};
