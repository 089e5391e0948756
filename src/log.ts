/**
 * The logger: pino, one JSON line per event. Callers pass it no secrets, and no URL with its signature.
 */
import { type Logger, pino, stdSerializers } from "pino";

export type Log = Logger;

// One system call per line would cost more than the line itself.
const BUFFER_BYTES = 8 * 1024;
const FLUSH_MS = 200;

/**
 * `level`: pino's names, or "silent". Logs go to standard error, so that standard output is left to the command, unless
 * `sink` takes them: one JSON line per call.
 */
export function openLog(level: string, sink?: { write(line: string): void }): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describe } },
    sink ?? pino.destination({ dest: 2, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS }),
  );
}

/** For changes of settings: written at every level but `silent`. */
export function auditLog(log: Log): Log {
  return log.child({ audit: true }, { level: log.level === "silent" ? "silent" : "info" });
}

const REASON_LIMIT = 300;

/** An error's message and those of its causes, as one short line without a stack; undefined when there is none. */
export function reasonOf(error: unknown): string | undefined {
  const messages: string[] = [];
  for (let one: unknown = error; one instanceof Error && messages.length < 8; one = one.cause) {
    const parts = one instanceof AggregateError ? one.errors.map((part) => reasonOf(part) ?? String(part)) : [];
    const message = parts.length > 0 ? `${one.message}: ${parts.join(", ")}` : one.message;
    // An error often quotes the cause that it wraps.
    if (message !== "" && !messages.some((earlier) => earlier.includes(message))) messages.push(message);
  }
  return messages.length === 0 ? undefined : messages.join(": ").slice(0, REASON_LIMIT);
}

/** An outage brings many backend failures at once, and their stacks say nothing: they are logged without. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "BackendError")
    return error instanceof Error ? stdSerializers.err(error) : error;
  return { type: error.name, message: reasonOf(error) };
}
