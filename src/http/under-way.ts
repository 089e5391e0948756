/** The S3 requests under way that began lately: what else goes on in this process lets them go first. */
import type { ServerResponse } from "node:http";

/** What takes longer moves many bytes or waits for its client, and other work hardly delays it. */
const YOUNG_MS = 2_000;
/** Where requests follow each other so closely, what begins between two of them meets the next one. */
const CLOSE_MS = 100;
/** How exactly the age of a request is known. */
const SLOT_MS = 250;
const SLOTS = YOUNG_MS / SLOT_MS;

/**
 * Counts, and holds no request. A Map of responses would: where entries come and go, V8 replaces its table again and
 * again, and an old one leads to all that came after it, with the requests in them, until the old generation is
 * collected. That was a tenth of the processor time of a redirect.
 */
export class UnderWay {
  readonly #monotonicMs: () => number;
  /** How many requests of each slot are under way, at the slot's number modulo SLOTS. */
  readonly #begun: number[] = new Array(SLOTS).fill(0);
  #slot = 0;
  #latest = Number.NEGATIVE_INFINITY;

  /** `monotonicMs`: for tests. */
  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** Counts the request of this response until that is closed. */
  begin(response: ServerResponse): void {
    this.#latest = this.#monotonicMs();
    const slot = this.#turnTo(this.#latest);
    this.#add(slot, 1);
    response.once("close", () => {
      if (this.#turnTo(this.#monotonicMs()) - slot < SLOTS) this.#add(slot, -1);
    });
  }

  /** Is there any, or was there one a moment ago? */
  get any(): boolean {
    const now = this.#monotonicMs();
    if (now - this.#latest < CLOSE_MS) return true;
    this.#turnTo(now);
    return this.#begun.some((count) => count > 0);
  }

  #add(slot: number, change: number): void {
    this.#begun[slot % SLOTS] = (this.#begun[slot % SLOTS] ?? 0) + change;
  }

  /** Forgets what is no longer young. The slot of that time. */
  #turnTo(ms: number): number {
    const slot = Math.floor(ms / SLOT_MS);
    for (let next = Math.max(this.#slot + 1, slot - SLOTS + 1); next <= slot; next++) this.#begun[next % SLOTS] = 0;
    this.#slot = slot;
    return slot;
  }
}
