/**
 * Keys that a backend holds and no row knows there. They are kept for the grace, judged once more and only then
 * deleted. A storage key is never used twice, so one that nobody knows stays unknown; the exception is a blob that has
 * no replica row on this backend, which repair could count again: its bytes are given a row, and are left to the steps
 * that remove unneeded replicas.
 */
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { saveReplica } from "./replica-rows.ts";

export interface QuarantinedKey {
  readonly storageKey: string;
  readonly size: number;
  /** When it was first listed without a row that knows it. */
  readonly foundAt: Date;
  /** An operator wants it deleted. */
  readonly isConfirmed: boolean;
}

export interface QuarantineTotals {
  readonly keys: number;
  readonly bytes: number;
  /** Those of `keys` that an operator has not confirmed. */
  readonly unconfirmed: number;
}

export interface Judgement {
  /** Nobody knows them: their bytes are to be deleted. */
  readonly strays: readonly string[];
  /** How many have left the quarantine. */
  readonly settled: number;
}

const selectDue = statement<{ storage_key: string }>(
  "quarantine-due",
  `SELECT storage_key FROM quarantine WHERE backend = ? AND confirmed = ? AND found_at <= ?
  ORDER BY found_at LIMIT ?`,
);
const lockBlob = statement("quarantine-blob-lock", "SELECT id FROM blobs WHERE storage_key = ? FOR UPDATE");
const selectUse = statement<KeyUse>(
  "quarantine-use",
  `SELECT quarantine.found_at AS found_at,
    CASE WHEN EXISTS (SELECT 1 FROM reserved_keys WHERE reserved_keys.storage_key = quarantine.storage_key)
      OR EXISTS (SELECT 1 FROM uploads WHERE uploads.storage_key = quarantine.storage_key) THEN 1 ELSE 0 END AS written,
    blobs.id AS blob_id, blobs.deleting AS deleting, replicas.state AS state
  FROM quarantine LEFT JOIN blobs ON blobs.storage_key = quarantine.storage_key
    LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = quarantine.backend
  WHERE quarantine.backend = ? AND quarantine.storage_key = ?`,
);
const forgetKey = statement<never>("quarantine-forget", "DELETE FROM quarantine WHERE backend = ? AND storage_key = ?");
const selectTotals = statement<QuarantineTotals>(
  "quarantine-totals",
  `SELECT COUNT(*) AS keys, CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes,
    COUNT(CASE WHEN confirmed = 0 THEN 1 END) AS unconfirmed
  FROM quarantine WHERE backend = ?`,
);
const selectSome = statement<{ storage_key: string; size: number; found_at: number; confirmed: number }>(
  "quarantine-some",
  `SELECT storage_key, size, found_at, confirmed FROM quarantine WHERE backend = ? AND storage_key > ?
  ORDER BY storage_key LIMIT ?`,
);
const confirmKey = statement<never>(
  "quarantine-confirm",
  "UPDATE quarantine SET confirmed = 1 WHERE backend = ? AND storage_key = ? AND confirmed = 0",
);

interface KeyUse {
  readonly found_at: number;
  /** 1: a writer has reserved it, or an upload has it. */
  readonly written: number;
  readonly blob_id: number | null;
  readonly deleting: number | null;
  readonly state: string | null;
}

/** Rows in one transaction: few enough that other writes wait only a few milliseconds. */
const BATCH = 100;

export class Quarantine {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Keys found at `before` or earlier, those found first before others. */
  async due(backend: string, before: Date, isConfirmed: boolean, limit: number): Promise<readonly string[]> {
    const parameters = [backend, isConfirmed ? 1 : 0, before.getTime(), limit];
    return (await this.#context.engine.read.all(selectDue, parameters)).map(({ storage_key: key }) => key);
  }

  /** Do any wait for an operator's word that were found at `before` or earlier? */
  async hasUnconfirmed(backend: string, before: Date): Promise<boolean> {
    return (await this.due(backend, before, false, 1)).length > 0;
  }

  /**
   * Looks once more at keys whose grace is over, in one transaction. What is known leaves the quarantine. A blob that
   * has no row for its bytes there gets one, in state lost since they were found, and a trim job. A blob that is being
   * deleted is left for the next time.
   */
  judge(backend: string, keys: readonly string[]): Promise<Judgement> {
    return this.#context.engine.transact(async (c) => {
      const strays: string[] = [];
      let settled = 0;
      for (const key of [...keys].sort()) {
        const verdict = await this.#judgeOne(c, backend, key);
        if (verdict === "stray") strays.push(key);
        if (verdict === "known") settled += await c.run(forgetKey, [backend, key]);
      }
      return { strays, settled };
    });
  }

  /** After a backend has confirmed that the bytes are gone. */
  async forget(backend: string, keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#change(backend, keys, forgetKey);
  }

  async totals(backend: string): Promise<QuarantineTotals> {
    return (await this.#context.engine.read.get(selectTotals, [backend])) ?? { keys: 0, bytes: 0, unconfirmed: 0 };
  }

  /** The first `limit` behind `after`, in order of key. */
  async list(backend: string, limit: number, after = ""): Promise<readonly QuarantinedKey[]> {
    const rows = await this.#context.engine.read.all(selectSome, [backend, after, limit]);
    return rows.map(({ storage_key: storageKey, size, found_at: foundAt, confirmed }) => {
      return { storageKey, size, foundAt: new Date(foundAt), isConfirmed: confirmed === 1 };
    });
  }

  /** An operator wants those deleted that are in quarantine now. Returns how many these are. */
  async confirm(backend: string): Promise<number> {
    const until = this.#context.now();
    for (let confirmed = 0; ; ) {
      const keys = await this.due(backend, until, false, BATCH);
      if (keys.length === 0) return confirmed;
      confirmed += await this.#change(backend, keys, confirmKey);
    }
  }

  /** In one transaction. Returns how many rows were changed. */
  #change(backend: string, keys: readonly string[], change: typeof confirmKey): Promise<number> {
    return this.#context.engine.transact(async (c) => {
      let count = 0;
      for (const key of [...keys].sort()) count += await c.run(change, [backend, key]);
      return count;
    });
  }

  async #judgeOne(c: Connection, backend: string, key: string): Promise<"stray" | "known" | "later"> {
    // Whoever gives the blob a replica row there waits, or is seen.
    await c.lock(lockBlob, [key]);
    const use = await c.get(selectUse, [backend, key]);
    if (use === undefined || use.written === 1 || use.state !== null) return "known";
    if (use.blob_id === null) return "stray";
    if (use.deleting === 1) return "later";
    const blobId = use.blob_id;
    await saveReplica(c, blobId, backend, "lost", new Date(use.found_at));
    const now = this.#context.now();
    await addJob(c, { kind: "trim", blobId }, now, now);
    c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
    return "known";
  }
}
