/** Which faults pass by themselves, and how long to wait for that. */

export interface Refusal {
  readonly code: string;
  /** 0: no answer came. */
  readonly status: number;
  /** Of Retry-After. */
  readonly retryAfterSeconds?: number | undefined;
}

const MAX_TRIES = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** 4xx answers that say nothing about the request. */
const PASSING = new Set(["RequestTimeout", "SlowDown", "TooManyRequests", "RequestTimeTooSkewed"]);
/** 5xx answers that will not change. */
const LASTING = new Set(["NotImplemented"]);

export function isPassing({ code, status }: Refusal): boolean {
  if (code === "Aborted" || code === "Unreadable") return false;
  if (LASTING.has(code)) return false;
  return status === 0 || status === 429 || status >= 500 || PASSING.has(code);
}

/**
 * How long to wait after `tries` failures in a row, in ms; undefined: give up. `random`: in [0, 1), spreads clients
 * that failed together over the last half of the pause. A server that names a time is never asked before it.
 */
export function pauseMs(refusal: Refusal, tries: number, random: number): number | undefined {
  if (!isPassing(refusal) || tries >= MAX_TRIES) return undefined;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + random / 2);
  return Math.max(pause, (refusal.retryAfterSeconds ?? 0) * 1000);
}

/** Seconds, or a date; undefined where it says neither. */
export function readRetryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now.getTime()) / 1000);
}
