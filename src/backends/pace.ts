/**
 * How long bytes of a write may be on their way after the sockets took them. Kernels and proxies take megabytes at
 * once and say nothing of how many of them arrived, so that over a slow line a store that works looks like one that
 * stands still. What writes before showed of the line tells the two apart.
 */

/** What may be on its way on one connection. */
const ON_THE_WAY = 4 * 1024 * 1024;
/** Bytes a millisecond. A slower line is not allowed for. */
const SLOWEST = (64 * 1024) / 1000;
/** A line is shared, and what was once seen is the most it can do: so much slower it may be. */
const MARGIN = 4;
/** Of a line of which nothing is known. */
const ASSUMED = (1024 * 1024) / 1000;

export class Pace {
  /** Bytes a millisecond. */
  #fastest = ASSUMED;

  /** A write ended well: it had so many bytes, and took so long in all. */
  took(bytes: number, milliseconds: number): void {
    if (milliseconds > 0) this.#fastest = Math.max(this.#fastest, bytes / milliseconds);
  }

  /** A trial stood still: perhaps because the line has become slower. */
  doubt(): void {
    this.#fastest /= 2;
  }

  /** Milliseconds in which so many bytes arrive if all is well. */
  transitMs(bytes: number): number {
    return Math.min(bytes, ON_THE_WAY) / Math.max(SLOWEST, this.#fastest / MARGIN);
  }
}
