/**
 * What the rows say of a range of storage keys on one backend, for the walk over what it holds, and which keys of that
 * range come into quarantine or leave it. Every query goes by index and is bounded.
 */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";

/** Storage keys after `after`, up to `to`, in byte order. */
export interface KeyWindow {
  readonly after: string;
  readonly to: string;
}

/** A blob, and whether it has a replica on the backend asked about. */
export interface InventoryRow {
  readonly blobId: number;
  readonly storageKey: string;
  readonly size: number;
  readonly etag: string;
  /** A row names a replica there, good or not. */
  readonly isNamed: boolean;
  /** The bytes must be there: the replica is verified, objects refer to the blob. */
  readonly isPromised: boolean;
}

/** A key that a backend lists and no blob has there. */
export interface Stray {
  readonly key: string;
  readonly size: number;
}

interface Row {
  readonly blob_id: number;
  readonly storage_key: string;
  readonly size: number;
  readonly etag: string;
  readonly state: string | null;
  readonly promised: number;
}

const selectRows = statement<Row>(
  "inventory-rows",
  `SELECT blobs.id AS blob_id, blobs.storage_key AS storage_key, blobs.size AS size, blobs.etag AS etag,
    replicas.state AS state,
    CASE WHEN replicas.state = 'verified' AND blobs.ref_count > 0 AND blobs.deleting = 0 THEN 1 ELSE 0 END AS promised
  FROM blobs LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = ?
  WHERE blobs.storage_key > ? AND blobs.storage_key <= ? ORDER BY blobs.storage_key LIMIT ?`,
);
const selectQuarantined = statement<{ storage_key: string }>(
  "inventory-quarantined",
  `SELECT storage_key FROM quarantine WHERE backend = ? AND storage_key > ? AND storage_key <= ?
  ORDER BY storage_key LIMIT ?`,
);
/** The key of a job that deletes the bytes there begins so, and names the backends, or none for all (jobs.ts). */
const dropKey = "('drop ' || ?2 || ' ')";
/** Looks at everything that may know the key in one statement: a key moves from one table to the next in one commit. */
const addStray = statement<never>(
  "quarantine-add",
  `INSERT INTO quarantine (backend, storage_key, size, found_at)
  SELECT ?1, ?2, CAST(?3 AS BIGINT), CAST(?4 AS BIGINT)
  WHERE NOT EXISTS (SELECT 1 FROM reserved_keys WHERE reserved_keys.storage_key = ?2)
    AND NOT EXISTS (SELECT 1 FROM uploads WHERE uploads.storage_key = ?2)
    AND NOT EXISTS (SELECT 1 FROM blobs JOIN replicas ON replicas.blob_id = blobs.id
      WHERE blobs.storage_key = ?2 AND replicas.backend = ?1)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE job_key >= ${dropKey} AND job_key < 'drop ' || ?2 || '!'
      AND (job_key = ${dropKey} OR instr(',' || SUBSTR(job_key, LENGTH(${dropKey}) + 1) || ',', ',' || ?1 || ',') > 0))
  ON CONFLICT (backend, storage_key) DO NOTHING`,
);
const removeStray = statement<never>(
  "quarantine-leave",
  "DELETE FROM quarantine WHERE backend = ? AND storage_key = ?",
);

/** Rows in one transaction: few enough that other writes wait only a few milliseconds. */
const BATCH = 100;
const PAGE = 1000;

export class Inventory {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** The first `limit` blobs of the window, in order. */
  async rows(backend: string, { after, to }: KeyWindow, limit: number): Promise<readonly InventoryRow[]> {
    const rows = await this.#context.engine.read.all(selectRows, [backend, after, to, limit]);
    return rows.map(({ blob_id: blobId, storage_key: storageKey, size, etag, state, promised }) => {
      return { blobId, storageKey, size, etag, isNamed: state !== null, isPromised: promised === 1 };
    });
  }

  /**
   * From now on exactly these keys of the window are in quarantine; those that a writer has reserved, an upload has, a
   * blob has got there by now, or a job will delete there are left out. One that was there already keeps its time.
   */
  async settle(backend: string, { after, to }: KeyWindow, strays: readonly Stray[]): Promise<void> {
    const fresh = new Map(strays.map((stray) => [stray.key, stray]));
    for (let from = after; ; ) {
      const rows = await this.#context.engine.read.all(selectQuarantined, [backend, from, to, PAGE]);
      const gone = rows.filter(({ storage_key: key }) => !fresh.delete(key));
      await this.#inBatches(gone, removeStray, ({ storage_key: key }) => [backend, key]);
      if (rows.length < PAGE) break;
      from = rows.at(-1)?.storage_key ?? to;
    }
    const now = this.#context.now().getTime();
    await this.#inBatches([...fresh.values()], addStray, ({ key, size }) => [backend, key, size, now]);
  }

  async #inBatches<T>(
    all: readonly T[],
    change: typeof addStray,
    parametersOf: (one: T) => readonly (string | number)[],
  ): Promise<void> {
    for (let at = 0; at < all.length; at += BATCH)
      await this.#context.engine.transact(async (c) => {
        for (const one of all.slice(at, at + BATCH)) await c.run(change, parametersOf(one));
      });
  }
}
