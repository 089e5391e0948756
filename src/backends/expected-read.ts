/**
 * How long a read is expected to take on a backend, for choices between equally near ones: pure. It stands still until
 * it has clearly changed, and what reads took is forgotten slowly: else readers would leave a backend because it is
 * slow, and come back at once because nobody reads there.
 */

/** What a read that fails costs its client: a second request, most often to the gateway. */
export const FAILED_READ_MS = 1000;
/** Half of what reads took counts after so long without one. */
const HALF_LIFE_MS = 60_000;
/** Less is no change. */
const LEAST_SHARE = 0.2;
const LEAST_MS = 2;

export interface ReadSigns {
  /** Of probes; undefined: never measured. */
  readonly probeMs: number | undefined;
  /** Of reads, a failed one taken for FAILED_READ_MS; undefined: there was none. */
  readonly readMs: number | undefined;
  /** Since the last read ended. */
  readonly idleMs: number;
}

/** In milliseconds; undefined: nothing was measured. */
export function expectedReadMs({ probeMs, readMs, idleMs }: ReadSigns): number | undefined {
  if (readMs === undefined || probeMs === undefined) return readMs ?? probeMs;
  return probeMs + (readMs - probeMs) * 2 ** (-idleMs / HALF_LIFE_MS);
}

/** `shown`, until `now` differs from it clearly. */
export function steady(shown: number | undefined, now: number | undefined): number | undefined {
  if (shown === undefined || now === undefined) return now;
  return Math.abs(now - shown) > LEAST_MS + LEAST_SHARE * shown ? now : shown;
}
