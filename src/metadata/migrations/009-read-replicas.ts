/** Which regions far from all copies read which blobs, so that these get a copy there while that lasts. */
import type { Dialect, Migration } from "./migration.ts";

const statements = (text: string) => [
  // `reads` since `since`; `until`: when nothing there will be kept for them any more, unless they go on.
  `CREATE TABLE read_demand (blob_id BIGINT NOT NULL, region ${text} NOT NULL, reads BIGINT NOT NULL,
    since BIGINT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (blob_id, region))`,
  "CREATE INDEX read_demand_over ON read_demand (until)",
  "CREATE INDEX replicas_for_readers ON replicas (backend, blob_id) WHERE state = 'reader'",
];

export const readReplicas: Migration = {
  name: "009-read-replicas",
  statements: (dialect: Dialect) => statements(dialect === "sqlite" ? "TEXT" : 'TEXT COLLATE "C"'),
};
