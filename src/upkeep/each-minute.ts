/** What was counted in memory goes into the database once a minute, and a last time when the gateway closes. */
import type { Log } from "../log.ts";

export interface EachMinute {
  start(): void;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** A `flush` that fails leaves the warning `failed`, and is tried again a minute later. */
export function eachMinute(flush: () => Promise<void>, log: Log, failed: string): EachMinute {
  const flushOrTell = () => flush().catch((error: unknown) => log.warn({ err: error }, failed));
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setInterval(() => void flushOrTell(), MINUTE_MS).unref();
    },
    async close() {
      clearInterval(timer);
      await flushOrTell();
    },
  };
}
