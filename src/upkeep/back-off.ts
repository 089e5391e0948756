/** When a job that failed runs again: pure. */

const FIRST_MS = 1000;
const LONGEST_MS = 3_600_000;

/**
 * Milliseconds to wait after `attempts` earlier failures: doubling up to an hour, between half and all of it. `random`
 * as Math.random.
 */
export function backOffMs(attempts: number, random: () => number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 30));
  return Math.round(full * (0.5 + random() / 2));
}
