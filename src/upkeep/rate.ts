/** Limits how fast background work reads, so that it does not slow down requests. */
import { setTimeout as delay } from "node:timers/promises";

/** Resolves, or returns undefined, when the next bytes may be read. */
export type Rate = (bytes: number) => Promise<void> | undefined;

/** Reads may be this far ahead of the rate: shorter pauses cost more than they save. */
const AHEAD_MS = 50;

/** All callers share one rate. `monotonicMs` and `pause` are for tests. */
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
