/**
 * What an error of the pg driver means for its transaction and its connection, and what the client gets.
 */
import { S3Error } from "../../errors.ts";

/**
 * conflict: rolled back in favour of another transaction; run again. broken: this connection is unusable; nothing was
 * committed. stuck: the same, after a long wait. unknown: COMMIT was sent and its answer never came. slow: waited too
 * long for a lock or an answer. full: out of space or connections. statement: the statement itself failed.
 */
export type PostgresFault = "conflict" | "broken" | "stuck" | "unknown" | "slow" | "full" | "statement";

const byState: Readonly<Record<string, PostgresFault>> = {
  "40001": "conflict",
  "40P01": "conflict",
  // A pooled session on a server that became a standby fails like this every time.
  "25006": "broken",
  "55P03": "slow",
  "57014": "slow",
};
const byClass: Readonly<Record<string, PostgresFault>> = {
  "08": "broken",
  "53": "full",
  "57": "broken",
  "58": "broken",
  XX: "broken",
};

/** `error` came from the driver or from knex's pool. */
export function postgresFault(error: unknown): PostgresFault {
  if (!(error instanceof Error)) return "broken";
  if ("code" in error && typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code)) {
    return byState[error.code] ?? byClass[error.code.slice(0, 2)] ?? "statement";
  }
  // The driver's own errors have no SQLSTATE: lost connections, connect and read timeouts.
  return /timeout/i.test(error.message) ? "stuck" : "broken";
}

/** The connection must not go back to the pool. */
export function endsConnection(fault: PostgresFault | undefined): boolean {
  return fault === "broken" || fault === "stuck" || fault === "unknown";
}

/** The error for the caller when running again does not help. */
export function refusal(error: unknown, fault: PostgresFault | undefined): unknown {
  if (fault === undefined || fault === "statement") return error;
  return new S3Error(
    fault === "conflict" || fault === "slow" ? "SlowDown" : "ServiceUnavailable",
    {},
    { cause: error },
  );
}
