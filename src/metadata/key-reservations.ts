/**
 * Storage keys: `blobs/ab/<random>`, reserved before any byte is written under them, so that bytes that a crash leaves
 * behind can be found and dropped.
 */
import { randomBytes } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";

const lockWriter = statement("writer-lock", "SELECT writer_id FROM writers WHERE writer_id = ? FOR UPDATE");
const saveWriter = statement<never>(
  "writer-save",
  `INSERT INTO writers (writer_id, lease_until) VALUES (?, ?)
  ON CONFLICT (writer_id) DO UPDATE SET lease_until = excluded.lease_until`,
);
const insertKey = statement<never>(
  "reserved-key-add",
  "INSERT INTO reserved_keys (storage_key, writer_id) SELECT ?, writer_id FROM writers WHERE writer_id = ?",
);
const deleteKey = statement<never>("reserved-key-release", "DELETE FROM reserved_keys WHERE storage_key = ?");
const keyInUse = statement<{ storage_key: string }>(
  "storage-key-in-use",
  `SELECT storage_key FROM blobs WHERE storage_key = ?
  UNION ALL SELECT storage_key FROM uploads WHERE storage_key = ?`,
);
const lockOver = statement(
  "writers-over-lock",
  "SELECT writer_id FROM writers WHERE lease_until < ? ORDER BY writer_id FOR UPDATE",
);
const takeLeftovers = statement<{ storage_key: string }>(
  "reserved-keys-left-over",
  `DELETE FROM reserved_keys WHERE writer_id IN (SELECT writer_id FROM writers WHERE lease_until < ?)
  RETURNING storage_key`,
);
const holdsNoKey = "NOT EXISTS (SELECT 1 FROM reserved_keys WHERE reserved_keys.writer_id = writers.writer_id)";
const forgetWriters = statement<never>("writers-forget", `DELETE FROM writers WHERE lease_until < ? AND ${holdsNoKey}`);
const forgetWriter = statement<never>("writer-forget", `DELETE FROM writers WHERE writer_id = ? AND ${holdsNoKey}`);
const endLease = statement<never>("writer-end", "UPDATE writers SET lease_until = ? WHERE writer_id = ?");

/**
 * Takes over a reserved key in the caller's transaction. False: the reservation has lapsed, and a job may be deleting
 * its bytes.
 */
export async function takeKey(c: Connection, storageKey: string): Promise<boolean> {
  return (await c.run(deleteKey, [storageKey])) > 0;
}

export class KeyReservations {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Registers this process; once its lease has been over for the grace, its reservations count as leftovers. */
  async openWriter(leaseMs: number): Promise<string> {
    const writerId = randomBytes(12).toString("hex");
    await this.renewWriter(writerId, leaseMs);
    return writerId;
  }

  /** Also registers again a writer that was removed while its process was suspended. */
  async renewWriter(writerId: string, leaseMs: number): Promise<void> {
    const until = this.#context.now().getTime() + leaseMs;
    await this.#context.engine.transact((c) => c.run(saveWriter, [writerId, until]));
  }

  /** New keys, durable before this resolves. Throws SlowDown when the writer was removed: renew it first. */
  async reserve(writerId: string, count: number): Promise<readonly string[]> {
    const storageKeys = Array.from({ length: count }, newStorageKey);
    await this.#context.engine.transact(async (c) => {
      for (const storageKey of storageKeys) {
        if ((await c.run(insertKey, [storageKey, writerId])) === 0)
          throw new S3Error("SlowDown", {}, { cause: new Error(`writer ${writerId} is not registered`) });
      }
    });
    return storageKeys;
  }

  /** For keys under which nothing was ever written. */
  async release(storageKeys: readonly string[]): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      for (const storageKey of [...storageKeys].sort()) await c.run(deleteKey, [storageKey]);
    });
  }

  /**
   * Makes a drop job for a key whose write failed: it deletes the bytes from every backend. A key that a blob or an
   * upload has by now (the commit succeeded but its answer was lost) is left alone.
   */
  async discard(storageKey: string): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact(async (c) => {
      await c.run(deleteKey, [storageKey]);
      if ((await c.get(keyInUse, [storageKey, storageKey])) !== undefined) return;
      await addJob(c, { kind: "drop", storageKey, backends: [] }, now, now);
    });
  }

  /**
   * Turns the reservations of writers whose lease ended before `before` into drop jobs, and removes those writers.
   * Returns how many keys they held.
   */
  discardLeftovers(before: Date): Promise<number> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockOver, [before.getTime()]);
      const leftovers = await c.all(takeLeftovers, [before.getTime()]);
      for (const { storage_key: storageKey } of leftovers)
        await addJob(c, { kind: "drop", storageKey, backends: [] }, now, now);
      await c.run(forgetWriters, [before.getTime()]);
      return leftovers.length;
    });
  }

  /**
   * Ends this writer. The caller releases unused keys first; keys still reserved then count as leftovers.
   */
  async closeWriter(writerId: string): Promise<void> {
    const now = this.#context.now().getTime();
    await this.#context.engine.transact(async (c) => {
      await c.lock(lockWriter, [writerId]);
      if ((await c.run(forgetWriter, [writerId])) === 0) await c.run(endLease, [now, writerId]);
    });
  }
}

function newStorageKey(): string {
  const id = randomBytes(18).toString("hex");
  return `blobs/${id.slice(0, 2)}/${id.slice(2)}`;
}
