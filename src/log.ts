/**
 * The one logger: pino, one JSON line an event. Secrets never reach it; signatures are redacted by whoever logs a URL.
 */
import { type Logger, pino, stdSerializers } from "pino";

export type Log = Logger;

// A system call for each line costs more than the line.
const BUFFER_BYTES = 8 * 1024;
const FLUSH_MS = 200;

/**
 * `level`: pino's names, or "silent". Logs go to standard error, so that standard output stays a command's own, unless
 * `sink` takes them: one JSON line a call.
 */
export function openLog(level: string, sink?: { write(line: string): void }): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describe } },
    sink ?? pino.destination({ dest: 2, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS }),
  );
}

/** For changes of settings: written whatever the level, unless the log is silent altogether. */
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
    // A cause is often quoted by the error that wraps it.
    if (message !== "" && !messages.some((earlier) => earlier.includes(message))) messages.push(message);
  }
  return messages.length === 0 ? undefined : messages.join(": ").slice(0, REASON_LIMIT);
}

/** A backend's failure is an event like others, and many come at once in an outage: its stack would say nothing. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "BackendError")
    return error instanceof Error ? stdSerializers.err(error) : error;
  return { type: error.name, message: reasonOf(error) };
}
