/** Spreads what background work reads over time, so that clients do not feel it. */
import { setTimeout as delay } from "node:timers/promises";

/** Resolves, or returns undefined, when the next bytes may be read. */
export type Rate = (bytes: number) => Promise<void> | undefined;

/** What may be read ahead of its time: shorter pauses than that cost more than they spare. */
const AHEAD_MS = 50;

/** One rate for all callers together. `monotonicMs` and `pause` only for tests. */
export function openRate(
  bytesPerSecond: number,
  monotonicMs: () => number = () => performance.now(),
  pause: (ms: number) => Promise<void> = (ms) => delay(ms, undefined, { ref: false }),
): Rate {
  let paidUntil = 0;
  return (bytes) => {
    const now = monotonicMs();
    paidUntil = Math.max(paidUntil, now) + (bytes / bytesPerSecond) * 1000;
    const ahead = paidUntil - now;
    return ahead > AHEAD_MS ? pause(ahead) : undefined;
  };
}
