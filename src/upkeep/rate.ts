/**
 * Limits how fast background work reads, and lets requests go first. While a request is under way, or this process is
 * behind with its work, only a share of the rate is used. It never becomes 0: repair has to end under any load.
 */
import { setTimeout as delay } from "node:timers/promises";

/** Resolves, or returns undefined, when the next bytes may be read. */
export type Rate = (bytes: number) => Promise<void> | undefined;

export interface RateOptions {
  /** While nobody else wants anything. All callers share it. */
  readonly bytesPerSecond: number;
  /** Does a request wait? Default: none ever does. */
  readonly isBusy?: (() => boolean) | undefined;
  /** For tests. */
  readonly monotonicMs?: () => number;
  readonly pause?: (ms: number) => Promise<void>;
}

/** The share of the rate that requests leave to background work. */
const FLOOR = 1 / 8;
/** However low the rate is, requests do not bring it below this: a job that hardly moves is taken for a dead one. */
const LEAST_BYTES_PER_SECOND = 1024 ** 2;
/** Reads may be this far ahead of the rate. What comes at once delays the requests that come meanwhile. */
const AHEAD_MS = 4;
/** Shorter pauses cost more than they save. */
const PAUSE_MS = 2;

export function openRate({ bytesPerSecond, ...options }: RateOptions): Rate {
  const { isBusy = () => false, monotonicMs = () => performance.now(), pause = delayUnref } = options;
  const floor = Math.min(1, Math.max(FLOOR, LEAST_BYTES_PER_SECOND / bytesPerSecond));
  const waiting: { readonly costMs: number; readonly go: () => void }[] = [];
  /** Milliseconds at the full rate. */
  let credit = AHEAD_MS;
  let creditedAt = monotonicMs();
  const earn = () => {
    const elapsed = monotonicMs() - creditedAt;
    creditedAt += elapsed;
    // Whoever looks late is behind: what goes beyond a usual pause counts as if a request had been under way.
    const freely = isBusy() ? 0 : Math.min(elapsed, AHEAD_MS);
    credit += freely + (elapsed - freely) * floor;
  };
  const release = async () => {
    while (waiting.length > 0) {
      await pause(Math.max(-credit, PAUSE_MS));
      earn();
      while (credit > 0) {
        const next = waiting.shift();
        if (next === undefined) break;
        credit -= next.costMs;
        next.go();
      }
    }
  };
  return (bytes) => {
    const costMs = (bytes / bytesPerSecond) * 1000;
    if (waiting.length === 0) {
      earn();
      credit = Math.min(credit, AHEAD_MS);
      if (credit > 0) {
        credit -= costMs;
        return undefined;
      }
    }
    return new Promise((go) => {
      if (waiting.push({ costMs, go }) === 1) void release();
    });
  };
}

function delayUnref(ms: number): Promise<void> {
  return delay(ms, undefined, { ref: false });
}
