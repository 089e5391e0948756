/**
 * Reads what the database says about blobs, references and replicas, and finds contradictions in it. No process may
 * have the database open.
 */
import knexFactory, { type Knex } from "knex";

/** The storage keys on each backend, sorted. */
export type Holdings = Readonly<Record<string, readonly string[]>>;

export interface Books {
  /** Contradictions, and work that is not finished. */
  readonly faults: readonly string[];
  readonly holdings: Holdings;
}

export async function withDatabase<T>(file: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = knexFactory({ client: "sqlite3", connection: { filename: file }, useNullAsDefault: true });
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}

const REF_COUNTS = `SELECT blobs.id AS id, ref_count, COUNT(objects.id) AS objects
  FROM blobs LEFT JOIN objects ON objects.blob_id = blobs.id GROUP BY blobs.id HAVING ref_count <> COUNT(objects.id)`;
const TOO_FEW = `SELECT id, (SELECT COUNT(*) FROM replicas WHERE blob_id = blobs.id AND state = 'verified') AS good
  FROM blobs WHERE good < ?`;
const HELD = `SELECT backend, storage_key AS storageKey FROM replicas JOIN blobs ON blobs.id = replicas.blob_id
  ORDER BY backend, storageKey`;
const SWEEPS = `SELECT kind, work, reason FROM jobs WHERE kind IN ('copy', 'digest', 'drop')`;

/** Counts as a fault everything that finished upkeep does not leave: garbage, jobs, uploads, blobs with too few copies. */
export function readBooks(file: string, copies: number): Promise<Books> {
  return withDatabase(file, async (knex) => {
    const all = <Row>(sql: string, values: number[] = []) => knex.raw<Row[]>(sql, values);
    const faults: string[] = [];
    for (const row of await all<{ id: number; ref_count: number; objects: number }>(REF_COUNTS))
      faults.push(`blob ${row.id} counts ${row.ref_count} references and has ${row.objects}`);
    for (const row of await all<{ id: number; good: number }>(TOO_FEW, [copies]))
      faults.push(`blob ${row.id} has ${row.good} copies`);
    for (const row of await all<{ id: number }>("SELECT id FROM blobs WHERE ref_count = 0"))
      faults.push(`blob ${row.id} was not reclaimed`);
    for (const row of await all<{ storage_key: string }>("SELECT storage_key FROM reserved_keys"))
      faults.push(`${row.storage_key} is reserved`);
    for (const row of await all<{ work: string; reason: string }>(SWEEPS))
      faults.push(`a job waits: ${row.work}: ${row.reason}`);
    for (const row of await all<{ upload_id: string }>("SELECT upload_id FROM uploads"))
      faults.push(`the upload ${row.upload_id} is open`);
    const holdings: Record<string, string[]> = {};
    for (const { backend, storageKey } of await all<{ backend: string; storageKey: string }>(HELD))
      holdings[backend] = [...(holdings[backend] ?? []), storageKey];
    return { faults, holdings };
  });
}

/** What the database says of a backend that is not there, and what stands there without it. */
export function differences(said: Holdings, standing: Holdings): readonly string[] {
  return Object.entries(standing).flatMap(([backend, found]) => {
    const expected = new Set(said[backend]);
    const orphans = found.filter((key) => !expected.delete(key)).map((key) => `${backend}: ${key} is an orphan`);
    return [...orphans, ...[...expected].map((key) => `${backend}: ${key} is missing`)];
  });
}
