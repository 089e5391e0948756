/**
 * A lock that one holder at a time has: SQLite's exclusive lock on an empty file of its own. The system frees it when
 * the process ends, however it ends, so it is never stale.
 */
import knexFactory from "knex";
import { sqliteFault } from "./faults.ts";

export interface Lock {
  /** Frees it. The file stays. */
  close(): Promise<void>;
}

/** Undefined when another process, or another part of this one, holds the lock. Makes the file when it is missing. */
export async function takeLock(file: string): Promise<Lock | undefined> {
  const knex = knexFactory({
    client: "sqlite3",
    connection: { filename: file },
    useNullAsDefault: true,
    // One connection, kept open: the transaction on it is the lock.
    pool: { min: 1, max: 1 },
  });
  try {
    await knex.raw("BEGIN EXCLUSIVE");
    return { close: () => knex.destroy() };
  } catch (error) {
    await knex.destroy();
    if (sqliteFault(error) === "busy") return undefined;
    throw error;
  }
}
