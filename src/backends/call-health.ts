/**
 * How one kind of call, reads or writes, fares on one backend: the calls under way, how long answers take, and the
 * breaker that judges their ends. What it finds is told once a change.
 */
import { BackendError, type BackendFault } from "./backend.ts";
import { Breaker, type BreakerState, LARGE } from "./breaker.ts";
import { FAILED_READ_MS } from "./expected-read.ts";
import { Pace } from "./pace.ts";
import {
  type CallOutcome,
  type CallSubject,
  type CallWatcher,
  SWEEPS,
  standsStill,
  WatchedCall,
} from "./watched-call.ts";

/** Weight of the newest answer in the average that is shown, and in the one that says what is usual. */
const NEWEST = 0.2;
const NEWEST_USUAL = 0.02;
/** An answer in less time is never slow. */
const LEAST_SLOW_MS = 1000;
/** Times the usual, of this backend and of the others. */
const FAR_SLOWER = 10;
/** An answer that breaks off again within this time says nothing new. */
const SAME_CUT_MS = 10_000;
const MOST_CUTS = 100;
const NONE: CallSubject = { key: "", size: 0 };

/** For placement, reads and operators. */
export interface OperationHealth {
  /** Not closed: such calls fail, and other backends are preferred. */
  readonly state: BreakerState;
  /** Since when it is not closed. */
  readonly failingSince: Date | undefined;
  /** Share of the calls of the last ten seconds that failed: 0 to 1; undefined: there was none. */
  readonly errorRate: number | undefined;
  /** Moving average of the time until an answer: a read's first byte, a write's acknowledgement. */
  readonly latencyMs: number | undefined;
  /** The same over many answers, and without those that were far too slow. */
  readonly usualMs: number | undefined;
}

export interface CallHealthOptions {
  readonly backend: string;
  /** What says that the backend, and not a replica or a caller, is at fault. */
  readonly faults: readonly BackendFault[];
  readonly now: () => Date;
  /** Milliseconds that never go back. */
  readonly elapsed: () => number;
  /** As Math.random. */
  readonly random: () => number;
  /** `failure`: the last one; undefined: they succeed again. */
  readonly onChange: (failure: BackendError | undefined) => void;
}

export class CallHealth implements OperationHealth, CallWatcher {
  readonly #options: CallHealthOptions;
  readonly #breaker: Breaker;
  readonly #pace = new Pace();
  readonly #underWay = new Set<WatchedCall>();
  #latencyMs: number | undefined;
  #costMs: number | undefined;
  #endedAt = 0;
  #usualMs: number | undefined;
  #slowFromMs = Number.POSITIVE_INFINITY;
  /** After which the call that is being swept stands still. */
  #patienceMs = 0;
  #begunBytes = 0;
  #failingSince: Date | undefined;
  /** When the latest call began that succeeded. */
  #provenAt = Number.NEGATIVE_INFINITY;
  /** The largest since one as large succeeded. */
  #lastFailed = NONE;
  #lastGood: CallSubject | undefined;
  #lastLargeGood: CallSubject | undefined;
  /** When the answer about a key last broke off, the oldest first. */
  readonly #cuts = new Map<string, number>();

  constructor(options: CallHealthOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.random);
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  get failingSince(): Date | undefined {
    return this.#failingSince;
  }

  get errorRate(): number | undefined {
    return this.#breaker.errorRate(this.#options.elapsed());
  }

  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  get usualMs(): number | undefined {
    return this.#usualMs;
  }

  /** As `latencyMs`, where a failed call takes FAILED_READ_MS; and how long ago that was learned. */
  get cost(): { readonly readMs: number | undefined; readonly idleMs: number } {
    return { readMs: this.#costMs, idleMs: this.#options.elapsed() - this.#endedAt };
  }

  /** Did a call that began since then, by performance.now(), succeed? */
  succeededSince(since: number): boolean {
    return this.#provenAt >= since;
  }

  /** Bytes of all calls ever begun. */
  get begunBytes(): number {
    return this.#begunBytes;
  }

  get underWayBytes(): number {
    let bytes = 0;
    for (const { size } of this.#underWay) bytes += size;
    return bytes;
  }

  begin(subject: CallSubject): WatchedCall {
    this.#begunBytes += subject.size;
    const call = new WatchedCall(this, subject);
    this.#underWay.add(call);
    return call;
  }

  isSlow(milliseconds: number, sentBytes: number): boolean {
    this.#latencyMs = average(this.#latencyMs, milliseconds, NEWEST);
    this.#charge(milliseconds);
    const isSlow = milliseconds - this.#pace.transitMs(sentBytes) > this.#slowFromMs;
    if (!isSlow) this.#usualMs = average(this.#usualMs, milliseconds, NEWEST_USUAL);
    return isSlow;
  }

  ended(call: WatchedCall, outcome: CallOutcome, error?: BackendError): void {
    this.#underWay.delete(call);
    const end = { at: this.#options.elapsed(), size: call.size };
    if (outcome === "succeeded") {
      this.#provenAt = Math.max(this.#provenAt, call.beganAt);
      this.#breaker.succeeded(end);
      this.#pace.took(call.sentBytes, call.tookMs);
      this.#lastGood = call;
      if (call.size >= LARGE) this.#lastLargeGood = call;
      if (this.#breaker.state === "closed" && end.size >= this.#lastFailed.size) this.#lastFailed = NONE;
    }
    const failure = this.#failureOf(outcome, error);
    if (failure === undefined || (failure.isCut && this.#wasCut(call.key, end.at))) return;
    this.#charge(FAILED_READ_MS);
    if (this.#breaker.state === "closed" && end.size >= this.#lastFailed.size)
      this.#lastFailed = { key: call.key, size: end.size };
    this.#breaker.failed(end, outcome === "still" ? this.#patienceMs : undefined);
    this.#tell(failure);
  }

  #charge(milliseconds: number): void {
    this.#endedAt = this.#options.elapsed();
    this.#costMs = average(this.#costMs, milliseconds, NEWEST);
  }

  /** One damaged replica, which many may want, says nothing about the others. */
  #wasCut(key: string, at: number): boolean {
    const before = this.#cuts.get(key);
    this.#cuts.delete(key);
    this.#cuts.set(key, at);
    for (const oldest of this.#cuts.keys()) {
      if (this.#cuts.size <= MOST_CUTS) break;
      this.#cuts.delete(oldest);
    }
    return before !== undefined && at - before < SAME_CUT_MS;
  }

  /** Once a sweep. `stillMs`: what SWEEPS sweeps take. `others`: `latencyMs` of the other backends. */
  sweep(stillMs: number, others: readonly (number | undefined)[]): void {
    const usualElsewhere = median(others);
    this.#slowFromMs =
      usualElsewhere === undefined || this.#usualMs === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(LEAST_SLOW_MS, FAR_SLOWER * this.#usualMs, FAR_SLOWER * usualElsewhere);
    for (const call of this.#underWay) {
      const patience = SWEEPS + Math.round((SWEEPS * this.#pace.transitMs(call.sentBytes)) / stillMs);
      this.#patienceMs = (patience * stillMs) / SWEEPS;
      call.sweep(patience);
    }
  }

  /** Begins a trial when it is time for one. `begin` returns how to stop it. */
  tryAgain(begin: (call: WatchedCall) => () => void): void {
    const { elapsed } = this.#options;
    if (!this.#breaker.beginTrial(elapsed())) return;
    let stop: (() => void) | undefined;
    const trial = new WatchedCall(
      {
        isSlow: (milliseconds, sentBytes) => this.isSlow(milliseconds, sentBytes),
        ended: (call, outcome, error) => {
          this.#underWay.delete(call);
          if (outcome === "succeeded") this.#pace.took(call.sentBytes, call.tookMs);
          if (outcome === "still") this.#pace.doubt();
          const isUnmade = outcome === "given-up" || (error?.fault === "absent" && this.#forget(call.key));
          this.#breaker.tried(elapsed(), isUnmade ? undefined : outcome === "succeeded");
          this.#tell(undefined);
          if (outcome !== "succeeded") stop?.();
        },
      },
      this.#trialSubject(),
    );
    this.#underWay.add(trial);
    stop = begin(trial);
  }

  /** The backend was down and is up. */
  cameBack(): void {
    this.#breaker.retryNow();
  }

  /** As large as what failed, and with what once succeeded: one file that hangs says nothing about the others. */
  #trialSubject(): CallSubject {
    const failed = this.#lastFailed;
    const { key } = (failed.size >= LARGE ? this.#lastLargeGood : this.#lastGood) ?? failed;
    return { key, size: failed.size };
  }

  #failureOf(outcome: CallOutcome, error: BackendError | undefined): BackendError | undefined {
    const { backend, faults } = this.#options;
    if (outcome === "still") return standsStill(backend);
    if (outcome === "slow") return new BackendError(backend, "unavailable", { detail: "it answers far too slowly" });
    return outcome === "failed" && error !== undefined && faults.includes(error.fault) ? error : undefined;
  }

  /** A blob that is gone proves nothing; the next trial takes another one. False: there is no other. */
  #forget(key: string): boolean {
    if (key !== this.#lastGood?.key && key !== this.#lastLargeGood?.key) return false;
    if (key === this.#lastGood?.key) this.#lastGood = undefined;
    if (key === this.#lastLargeGood?.key) this.#lastLargeGood = undefined;
    return true;
  }

  #tell(failure: BackendError | undefined): void {
    const isFailing = this.#breaker.state !== "closed";
    if (isFailing === (this.#failingSince !== undefined)) return;
    this.#failingSince = isFailing ? this.#options.now() : undefined;
    this.#options.onChange(failure);
  }
}

function average(before: number | undefined, newest: number, weight: number): number {
  return before === undefined ? newest : before + weight * (newest - before);
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}
