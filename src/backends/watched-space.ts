/**
 * The room on one backend, as it was when last looked at, less what has been begun to be written since: a look now and
 * then is enough, and a burst of writes between two looks does not fill the backend unseen.
 */
import type { CallHealth } from "./call-health.ts";
import { leastSpace, type Space } from "./space.ts";

interface Sample {
  readonly space: Space;
  /** `writes.begunBytes` of the writes that the sample does not include. */
  readonly begunBytes: number;
}

export class WatchedSpace {
  readonly #writes: CallHealth;
  readonly #sizeBytes: number | undefined;
  #told: Sample | undefined;
  #allowed: Sample | undefined;

  /** `sizeBytes`: what may be filled; undefined: all there is. */
  constructor(writes: CallHealth, sizeBytes: number | undefined) {
    this.#writes = writes;
    this.#sizeBytes = sizeBytes;
  }

  /** What the backend itself says; undefined: nothing. */
  told(space: Space | undefined): void {
    this.#told = space && this.#sample(space);
  }

  /** What replicas take there, as the database knows it. */
  counted(usedBytes: number): void {
    const total = this.#sizeBytes;
    if (total !== undefined) this.#allowed = this.#sample({ free: Math.max(0, total - usedBytes), total });
  }

  now(): Space | undefined {
    return leastSpace([this.#left(this.#told), this.#left(this.#allowed)]);
  }

  #sample(space: Space): Sample {
    return { space, begunBytes: this.#writes.begunBytes - this.#writes.underWayBytes };
  }

  #left(sample: Sample | undefined): Space | undefined {
    if (sample === undefined) return undefined;
    const { free, total } = sample.space;
    return { free: Math.max(0, free - (this.#writes.begunBytes - sample.begunBytes)), total };
  }
}
