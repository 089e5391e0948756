/**
 * How fast counts have grown of late: remembers what they were at regular moments. Costs nothing but memory, whatever
 * is counted.
 */

export type Counts = ReadonlyMap<string, number>;

interface Moment {
  readonly ms: number;
  readonly counts: Counts;
}

export interface RecentCounts {
  /** By how much `key` grew within about `windowMs`, and over how many milliseconds that was. */
  growth(key: string, windowMs: number): { readonly count: number; readonly ms: number };
  close(): Promise<void>;
}

const EVERY_MS = 10_000;
const KEPT = 90;

/** `read`: the counts now; they only grow. `monotonicMs` only for tests. */
export function watchCounts(read: () => Counts, monotonicMs: () => number = () => performance.now()): RecentCounts {
  const take = (): Moment => ({ ms: monotonicMs(), counts: new Map(read()) });
  const moments = [take()];
  const timer = setInterval(() => {
    moments.push(take());
    if (moments.length > KEPT) moments.shift();
  }, EVERY_MS).unref();
  return {
    growth(key, windowMs) {
      const now = take();
      const from = moments.find(({ ms }) => ms >= now.ms - windowMs - EVERY_MS) ?? now;
      return { count: (now.counts.get(key) ?? 0) - (from.counts.get(key) ?? 0), ms: now.ms - from.ms };
    },
    async close() {
      clearInterval(timer);
    },
  };
}

const WINDOWS_MS = [60_000, 300_000, 900_000];

/** By the shortest window in which anything happened; undefined: nothing did. */
export function perSecond(recent: RecentCounts, key: string): number | undefined {
  for (const windowMs of WINDOWS_MS) {
    const { count, ms } = recent.growth(key, windowMs);
    if (count > 0) return (count * 1000) / Math.max(ms, 1000);
  }
  return undefined;
}
