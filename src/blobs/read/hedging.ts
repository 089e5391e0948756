/**
 * When a read asks a second replica although the first has not failed: after three times the usual time of its backend,
 * and for a small share of the reads only. A backend that was overtaken, and has not answered any read since, is
 * silent: others are asked before it. One overtaken read at a time stays under way on it, as a witness: its end tells
 * whether the backend is slow or hangs. The others are closed.
 */
import type { Attempt } from "./attempt.ts";

/** Of answers whose times are spread exponentially, one in twenty takes more than three times the average. */
const TIMES_USUAL = 3;
/** Sooner, a busy processor here would look like a slow backend. */
const LEAST_DELAY_MS = 100;
const MOST_DELAY_MS = 500;
/** One read in so many may be hedged. */
const READS_PER_HEDGE = 10;
/** So many may be at once, when none was for a while. */
const MOST_SAVED = 10;

/** Reads, by what became of them. */
export interface HedgeCounts {
  /** The replica that was asked first was the first to answer, although another one was asked too. */
  readonly first: number;
  /** The other one was. */
  readonly second: number;
  /** Both failed. */
  readonly neither: number;
  /** No other one was asked, because too many other reads had been hedged. */
  readonly refused: number;
}

/** Of a FleetMember. */
interface Answering {
  readonly reads: { readonly usualMs: number | undefined };
  readonly latencyMs: number | undefined;
}

export class Hedging {
  readonly #witnesses = new Set<string>();
  readonly #silent = new Set<string>();
  readonly #counts = { first: 0, second: 0, neither: 0, refused: 0 };
  /** In reads, so that it stays a whole number. */
  #saved = MOST_SAVED * READS_PER_HEDGE;

  get counts(): HedgeCounts {
    return this.#counts;
  }

  count(outcome: keyof HedgeCounts): void {
    this.#counts[outcome]++;
  }

  /** A read begins. */
  earn(): void {
    if (this.#saved < MOST_SAVED * READS_PER_HEDGE) this.#saved++;
  }

  /** May one more read be hedged? Then it is. */
  spend(): boolean {
    if (this.#saved < READS_PER_HEDGE) return false;
    this.#saved -= READS_PER_HEDGE;
    return true;
  }

  /** How long the answer of this backend is waited for before another is asked too. */
  delayMs({ reads, latencyMs = 0 }: Answering): number {
    const usual = TIMES_USUAL * (reads.usualMs ?? latencyMs);
    return Math.ceil(Math.min(Math.max(usual, LEAST_DELAY_MS), MOST_DELAY_MS));
  }

  isSilent(backend: string): boolean {
    return this.#silent.has(backend);
  }

  answered(backend: string): void {
    this.#silent.delete(backend);
  }

  /** Another replica was quicker. */
  overtook<Found>(attempt: Attempt<Found>): void {
    const { backend } = attempt;
    this.#silent.add(backend);
    if (this.#witnesses.has(backend)) {
      attempt.cancel();
      return;
    }
    attempt.isWitness = true;
    this.#witnesses.add(backend);
    void attempt.ended.then(() => {
      this.#witnesses.delete(backend);
      this.#silent.delete(backend);
    });
  }
}
