/**
 * Does one kind of call, reads or writes, work on one backend? A state machine without timers: it is told how calls
 * ended and what time it is. Closed: yes, as far as is known. Open: no; after a pause one trial decides. Half-open:
 * that trial is under way. Calls that were not trials never close it, so that a store that fails half of them does not
 * flap.
 */
export type BreakerState = "closed" | "open" | "half-open";

/** Judged over so many seconds. */
const WINDOW_S = 10;
/** Fewer failures are accidents. */
const LEAST_FAILURES = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Closed for so long, it begins with short pauses again. */
const FORGET_MS = 60_000;
/** Large calls are judged by themselves too: a store may take what is small and hang on what is large. */
export const LARGE = 1024 * 1024;

export interface CallEnd {
  /** Milliseconds of a clock that never goes back. */
  readonly at: number;
  /** Bytes that the call was about. */
  readonly size: number;
}

export class Breaker {
  readonly #random: () => number;
  readonly #all = new Window();
  readonly #large = new Window();
  #state: BreakerState = "closed";
  #changedAt = Number.NEGATIVE_INFINITY;
  #retryAt = 0;
  /** Openings and failed trials in a row. */
  #failedTimes = 0;

  /** `random` as Math.random: gateways do not try a store all at once. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** When it last closed, or opened from being closed. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** The share of the calls of the last ten seconds that failed; undefined: there was none. */
  errorRate(at: number): number | undefined {
    const { calls, failures } = this.#all.count(at);
    return calls === 0 ? undefined : failures / calls;
  }

  succeeded({ at, size }: CallEnd): void {
    this.#all.add(at, false);
    if (size >= LARGE) this.#large.add(at, false);
  }

  /**
   * `stoodStillMs`: it made no progress for so long. When no other call, or no other large one, succeeded in that time,
   * this one is enough to open.
   */
  failed({ at, size }: CallEnd, stoodStillMs?: number): void {
    const windows = size >= LARGE ? [this.#all, this.#large] : [this.#all];
    for (const window of windows) window.add(at, true);
    if (this.#state !== "closed") return;
    const standsStill = stoodStillMs !== undefined && windows.some((window) => window.succeededAt <= at - stoodStillMs);
    if (standsStill || windows.some((window) => isBad(window.count(at)))) this.#open(at);
  }

  /** Is it time for a trial? Then the next call of this must be `tried`. */
  beginTrial(at: number): boolean {
    if (this.#state !== "open" || at < this.#retryAt) return false;
    this.#state = "half-open";
    return true;
  }

  /** How the trial ended; undefined: it could not be made, and is made anew. */
  tried(at: number, isGood: boolean | undefined): void {
    if (this.#state !== "half-open") return;
    this.#state = "open";
    if (isGood === true) this.#close(at);
    else if (isGood === false) this.#pause(at);
  }

  /** The backend was away and is back: an open one is tried at once. */
  retryNow(): void {
    this.#retryAt = Number.NEGATIVE_INFINITY;
  }

  #open(at: number): void {
    if (at - this.#changedAt > FORGET_MS) this.#failedTimes = 0;
    this.#state = "open";
    this.#changedAt = at;
    this.#pause(at);
  }

  #close(at: number): void {
    this.#state = "closed";
    this.#changedAt = at;
    this.#all.clear();
    this.#large.clear();
  }

  #pause(at: number): void {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failedTimes++);
    this.#retryAt = at + pause * (0.75 + 0.5 * this.#random());
  }
}

interface Counts {
  readonly calls: number;
  readonly failures: number;
}

function isBad({ calls, failures }: Counts): boolean {
  return failures >= LEAST_FAILURES && 2 * failures >= calls;
}

/** Calls of the last seconds, counted by second: a call costs two additions, however many there are. */
class Window {
  readonly #slots = Array.from({ length: WINDOW_S }, () => ({ second: Number.NaN, calls: 0, failures: 0 }));
  succeededAt = Number.NEGATIVE_INFINITY;

  add(at: number, isFailure: boolean): void {
    const second = Math.floor(at / 1000);
    const slot = this.#slots[second % WINDOW_S];
    if (slot === undefined) return;
    if (slot.second !== second) {
      slot.second = second;
      slot.calls = 0;
      slot.failures = 0;
    }
    slot.calls++;
    if (isFailure) slot.failures++;
    else this.succeededAt = at;
  }

  count(at: number): Counts {
    const from = Math.floor(at / 1000) - WINDOW_S;
    let calls = 0;
    let failures = 0;
    for (const slot of this.#slots) {
      if (!(slot.second > from)) continue;
      calls += slot.calls;
      failures += slot.failures;
    }
    return { calls, failures };
  }

  clear(): void {
    for (const slot of this.#slots) slot.second = Number.NaN;
  }
}
