/**
 * One read or write under way on a backend, as the health of its kind sees it. It counts once, by its end or by the
 * moment when it has stood still for too long. Only the time in which the store is waited for counts: a client that
 * sends or reads slowly is never the store's fault. What passes per chunk sets two flags.
 */
import type { Readable } from "node:stream";
import { BackendError } from "./backend.ts";

/** A call stands still when it was found without progress so many times, once a sweep; a write later, as Pace says. */
export const SWEEPS = 5;

/** still: no progress for that long. failed: with an error. given-up: by its caller, or with its backend. */
export type CallOutcome = "succeeded" | "slow" | "still" | "failed" | "given-up";

function doNothing(): void {}

export interface CallSubject {
  readonly key: string;
  /** Bytes; 0 while they are not known. */
  readonly size: number;
}

/** Hears of each call once. */
export interface CallWatcher {
  /** The time to the store's answer; is that far too long? `sentBytes`: these had to arrive first. */
  isSlow(milliseconds: number, sentBytes: number): boolean;
  ended(call: WatchedCall, outcome: CallOutcome, error?: BackendError): void;
}

export class WatchedCall implements CallSubject {
  readonly key: string;
  size: number;
  /** Bytes given to the store so far. */
  sentBytes = 0;
  /** From the beginning to the answer. */
  tookMs = 0;
  /** Called when it is found to stand still. */
  onStill: () => void = doNothing;
  readonly #watcher: CallWatcher;
  #isWaiting = false;
  #hasMoved = true;
  #stillSweeps = 0;
  /** Its caller has kept the store waiting: if the store now ends the call, it may be for that. */
  #wasKeptWaiting = false;
  readonly beganAt = performance.now();
  #askedAt = this.beganAt;
  #isSlow = false;
  #isOver = false;

  constructor(watcher: CallWatcher, { key, size }: CallSubject) {
    this.#watcher = watcher;
    this.key = key;
    this.size = size;
  }

  /** The store must answer now: until `answered` its time is taken. */
  asks(): void {
    this.#askedAt = performance.now();
    this.waits();
  }

  answered(): void {
    const now = performance.now();
    this.tookMs = now - this.beganAt;
    this.#isSlow = this.#watcher.isSlow(now - this.#askedAt, this.sentBytes);
    this.rests();
  }

  /** The store is waited for. */
  waits(): void {
    if (!this.#isWaiting) this.#hasMoved = true;
    this.#isWaiting = true;
  }

  /** The caller is waited for. */
  rests(): void {
    this.#isWaiting = false;
    this.#hasMoved = true;
  }

  /** Bytes have passed. */
  moves(): void {
    this.#hasMoved = true;
  }

  /** Bytes go to the store. */
  sends(bytes: number): void {
    this.sentBytes += bytes;
    this.moves();
  }

  succeeded(): void {
    this.#end(this.#isSlow ? "slow" : "succeeded");
  }

  failed(error: BackendError): void {
    this.#end(this.#wasKeptWaiting ? "given-up" : "failed", error);
  }

  givenUp(): void {
    this.#end("given-up");
  }

  /**
   * `patience`: so many sweeps without progress are standing still. Sweeps are counted, not seconds: after a process
   * was suspended its stores are not to blame.
   */
  sweep(patience: number): void {
    this.#stillSweeps = this.#hasMoved ? 0 : this.#stillSweeps + 1;
    this.#hasMoved = false;
    if (!this.#isWaiting) this.#wasKeptWaiting ||= this.#stillSweeps >= SWEEPS;
    else if (this.#stillSweeps >= patience) {
      const { onStill } = this;
      if (this.#end("still")) onStill();
    }
  }

  #end(outcome: CallOutcome, error?: BackendError): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    // It may be remembered, and must hold nothing then.
    this.onStill = doNothing;
    this.#watcher.ended(this, outcome, error);
    return true;
  }
}

export function standsStill(backend: string): BackendError {
  return new BackendError(backend, "unavailable", { detail: "a call stands still" });
}

/** The store is waited for from the moment the body wants more until it has enough; its chunks pass untouched. */
export function watchBody(body: Readable, call: WatchedCall): void {
  const { _read: read, push } = body;
  body._read = (size) => {
    call.waits();
    read.call(body, size);
  };
  body.push = (chunk: unknown, encoding?: BufferEncoding) => {
    call.moves();
    const wantsMore = push.call(body, chunk, encoding);
    if (!wantsMore) call.rests();
    return wantsMore;
  };
}
