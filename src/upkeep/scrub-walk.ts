/**
 * The replicas on a backend in the order of their last read. Those that were read and marked leave the order; those
 * that could not be are passed by, so that none comes twice.
 */
import type { DueReplica, Scrubs } from "../metadata/scrubs.ts";

export class ScrubWalk {
  readonly #scrubs: Scrubs;
  readonly #backend: string;
  /** Replicas read last before that are behind. */
  #from = 0;
  /** The blobs passed by whose replicas were read last at `#from`. */
  readonly #passed = new Set<number>();

  constructor(scrubs: Scrubs, backend: string) {
    this.#scrubs = scrubs;
    this.#backend = backend;
  }

  /** Up to `limit` replicas that were last read at `until` or before. Those before must be marked, or passed by. */
  async next(until: number, limit: number): Promise<readonly DueReplica[]> {
    if (until < this.#from) return [];
    const due = await this.#scrubs.due(this.#backend, this.#from, until, limit + this.#passed.size);
    return due.filter(({ blob }) => !this.#passed.has(blob.id)).slice(0, limit);
  }

  /** This one was not read. */
  pass({ blob, scrubbedAt }: DueReplica): void {
    this.#moveTo(scrubbedAt);
    this.#passed.add(blob.id);
  }

  /** From now on without those of which nobody knows when they were read. */
  skipUnknown(): void {
    this.#moveTo(Math.max(this.#from, 1));
  }

  #moveTo(from: number): void {
    if (from <= this.#from) return;
    this.#from = from;
    this.#passed.clear();
  }
}
