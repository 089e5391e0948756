/** What the tables say, read past the gateways in one statement, which is one snapshot. */
import { promisify } from "node:util";
import type { Knex } from "knex";
import type { Database } from "sqlite3";
import { wantedIn } from "../../../src/metadata/rows.ts";
import type { Wanted } from "../../../src/wanted.ts";

export interface BlobRow {
  readonly id: number;
  readonly storageKey: string;
  readonly etag: string;
  readonly size: number;
  readonly refCount: number;
  readonly wanted?: Wanted;
  readonly replicas: readonly { readonly backend: string; readonly state: string }[];
}

interface JobRow {
  readonly kind: string;
  /** Of a job on a blob. */
  readonly blobId: number | undefined;
  readonly runAt: number;
  /** Why it failed. */
  readonly reason: string | null;
}

/** Blobs with the same holders, as the database counts them. */
export interface HoldingRow {
  readonly holders: string;
  readonly isReferenced: boolean;
  readonly blobs: number;
  readonly objects: number;
  readonly bytes: number;
}

export interface Rows {
  readonly blobs: readonly BlobRow[];
  readonly holdings: readonly HoldingRow[];
  /** Of every object the blob that it refers to. */
  readonly objects: readonly { readonly bucketId: number; readonly key: string; readonly blobId: number }[];
  readonly uploads: number;
  readonly jobs: readonly JobRow[];
  /** Keys that no row knows, as `<backend> <key>`. */
  readonly quarantined: readonly string[];
}

/** Of each table what counts, in the same columns. */
const ALL_ROWS = `
  SELECT 'blob' AS tab, id AS id, storage_key AS name, etag AS detail, ref_count AS count, size AS size FROM blobs
  UNION ALL SELECT 'wanted', id, regions, NULL, copies, 0 FROM blobs
  UNION ALL SELECT 'holding', referenced, holders, CAST(SUM(objects) AS TEXT), SUM(blobs), SUM(bytes) FROM (
    SELECT holders, referenced, objects, blobs, bytes FROM holdings
    UNION ALL SELECT holders, referenced, objects, blobs, bytes FROM holding_changes) AS counted
    GROUP BY holders, referenced HAVING SUM(blobs) <> 0 OR SUM(objects) <> 0 OR SUM(bytes) <> 0
  UNION ALL SELECT 'replica', blob_id, backend, state, 0, 0 FROM replicas
  UNION ALL SELECT 'object', blob_id, key, NULL, bucket_id, 0 FROM objects
  UNION ALL SELECT 'upload', 0, upload_id, NULL, 0, 0 FROM uploads
  UNION ALL SELECT 'job', 0, job_key, reason, run_at, 0 FROM jobs
  UNION ALL SELECT 'quarantined', 0, storage_key, backend, 0, 0 FROM quarantine
  ORDER BY 1, 2, 3`;

const BLOB_JOBS = new Set(["copy", "trim", "digest", "recount"]);

interface Row {
  readonly tab: string;
  readonly id: number;
  readonly name: string;
  readonly detail: string | null;
  readonly count: number;
  readonly size: number;
}

export async function readRows(knex: Knex): Promise<Rows> {
  const rows = new Map<string, Row[]>();
  for (const row of await allOf<Row>(knex, ALL_ROWS, [])) {
    const before = rows.get(row.tab);
    // PostgreSQL gives large integers as text.
    const one = { ...row, id: Number(row.id), count: Number(row.count), size: Number(row.size) };
    if (before === undefined) rows.set(row.tab, [one]);
    else before.push(one);
  }
  const of = (tab: string) => rows.get(tab) ?? [];
  return {
    blobs: of("blob").map(({ id, name: storageKey, detail, count: refCount, size }) => ({
      id,
      size,
      storageKey,
      etag: detail ?? "",
      refCount,
      ...of("wanted").flatMap((row) => (row.id === id ? [wantedIn(row.count, row.name)] : []))[0],
      replicas: of("replica")
        .filter((replica) => replica.id === id)
        .map(({ name: backend, detail: state }) => ({ backend, state: state ?? "" })),
    })),
    holdings: of("holding").map(({ name: holders, id, detail: objects, count: blobs, size: bytes }) => {
      return { holders, isReferenced: id === 1, blobs, objects: Number(objects), bytes };
    }),
    objects: of("object").map(({ id: blobId, name: key, count: bucketId }) => ({ bucketId, key, blobId })),
    uploads: of("upload").length,
    jobs: of("job").map(({ name, detail: reason, count: runAt }) => {
      const [kind = "", subject = ""] = name.split(" ");
      return { kind, blobId: BLOB_JOBS.has(kind) ? Number(subject) : undefined, runAt, reason };
    }),
    quarantined: of("quarantined").map(({ name, detail }) => `${detail} ${name}`),
  };
}

/** Of a key on one store: the state of the replica of a live blob, and whether an upload has it. */
const USES = `
  SELECT COALESCE(replicas.state, 'not counted') AS state FROM blobs
    LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = ?
    WHERE storage_key = ? AND blobs.deleting = 0
  UNION ALL SELECT 'of an upload' FROM uploads WHERE storage_key = ?`;

/** What still needs the bytes under this key on this store. A replica that is `deleting` does not. */
export function usesOf(knex: Knex, store: string, key: string): Promise<readonly { readonly state: string }[]> {
  return allOf(knex, USES, [store, key, key]);
}

export async function allOf<One>(
  knex: Knex,
  sql: string,
  values: readonly (string | number)[],
): Promise<readonly One[]> {
  const answer: unknown = await knex.raw(sql, values);
  // SQLite gives the rows alone.
  return (Array.isArray(answer) ? answer : (answer as { readonly rows: unknown }).rows) as readonly One[];
}

/** In an order that respects their references. Accounts and buckets stay. */
const EMPTY_TABLES = [
  "jobs",
  "read_demand",
  "objects",
  "replicas",
  "blobs",
  "parts",
  "upload_backends",
  "uploads",
  "completed_uploads",
  "reserved_keys",
  "writers",
  "backends",
  "quarantine",
  "holdings",
  "holding_changes",
]
  .map((table) => `DELETE FROM ${table};`)
  .join("");

/** In one call of the driver, which is one transaction. */
export async function emptyTables(knex: Knex): Promise<void> {
  if (knex.client.config.client === "pg") return knex.raw(EMPTY_TABLES);
  const connection: Database = await knex.client.acquireConnection();
  try {
    await promisify(connection.exec.bind(connection))(`BEGIN;${EMPTY_TABLES}COMMIT;`);
  } finally {
    await knex.client.releaseConnection(connection);
  }
}
