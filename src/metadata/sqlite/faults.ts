/** What an error of SQLite means for the transaction it came from. */

/**
 * busy: another process holds the lock; run again. full: disk, memory or file handles ran out, SQLite may have rolled
 * back by itself; the transaction must end. broken: the file can no longer be trusted; further writes are refused.
 * Undefined: the statement failed, the transaction is intact.
 */
export type SqliteFault = "busy" | "full" | "broken";

/** Primary result codes; 14 (cannot open) means too many open files and leaves the database unchanged. */
const byCode: Readonly<Record<number, SqliteFault>> = {
  5: "busy",
  6: "busy",
  7: "full",
  13: "full",
  14: "full",
  8: "broken",
  10: "broken",
  11: "broken",
  26: "broken",
};

export function sqliteFault(error: unknown): SqliteFault | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errno" in error && typeof error.errno === "number") return byCode[error.errno & 0xff];
  return sqliteFault(error.cause);
}
