/**
 * The one logger: pino, one JSON line an event. Secrets never reach it; signatures are redacted by whoever logs a URL.
 */
import { type Logger, pino } from "pino";

export type Log = Logger;

// A system call for each line costs more than the line.
const BUFFER_BYTES = 8 * 1024;
const FLUSH_MS = 200;

/** `level`: pino's names, or "silent". Logs go to standard error, so that standard output stays a command's own. */
export function openLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS }),
  );
}
