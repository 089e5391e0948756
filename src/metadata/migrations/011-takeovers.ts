/** Which keys of a bucket that is taken over were deleted here: there they still stand. */
import type { Dialect, Migration } from "./migration.ts";
import { recording } from "./recording.ts";

const statements = (text: string) => [
  `CREATE TABLE old_keys_deleted (bucket_id BIGINT NOT NULL, key ${text} NOT NULL, PRIMARY KEY (bucket_id, key))`,
];

export const takeovers: Migration = {
  name: "011-takeovers",
  statements: (dialect: Dialect) => [
    ...statements(dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'),
    ...recording(dialect, [{ table: "old_keys_deleted", number: "bucket_id", text: "key" }]),
  ],
};
