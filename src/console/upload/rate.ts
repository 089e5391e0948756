/** How fast bytes leave, over the last seconds, and how long the rest takes. Pure: the clock is the caller's. */

interface Sample {
  readonly atMs: number;
  /** All bytes that were sent until then. */
  readonly sent: number;
}

export type Samples = readonly Sample[];

const WINDOW_MS = 10_000;
const MIN_SPAN_MS = 1_000;
const STEP_MS = 250;

/** `sent`: all bytes that ever left, those of parts that were begun again too: it never falls. */
export function withSample(samples: Samples, atMs: number, sent: number): Samples {
  const before = samples.at(-2);
  if (before !== undefined && atMs - before.atMs < STEP_MS) return [...samples.slice(0, -1), { atMs, sent }];
  return [...samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS), { atMs, sent }];
}

/** Bytes a second; undefined until a second has passed. */
export function rateOf(samples: Samples, nowMs: number): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || nowMs - first.atMs < MIN_SPAN_MS) return undefined;
  return ((last.sent - first.sent) * 1000) / (nowMs - first.atMs);
}

/** In seconds; undefined where nothing moves. */
export function secondsLeft(bytes: number, rate: number | undefined): number | undefined {
  if (bytes === 0) return 0;
  return rate === undefined || rate === 0 ? undefined : bytes / rate;
}
