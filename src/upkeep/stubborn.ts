/**
 * Replicas that fail each time they are read, for hours, while the rest of their backend is read: as good as damaged,
 * whatever the store answers. In memory: after a restart the count begins again.
 */
const TIMES = 3;
const HOURS_MS = 2 * 3_600_000;
/** More than so many are not the trouble of single replicas. */
const LIMIT = 10_000;

export class StubbornReplicas {
  readonly #failing = new Map<string, { readonly since: number; times: number }>();

  /** It failed in one more run. True: for long enough by now. */
  failed(backend: string, blobId: number, now: Date): boolean {
    const replica = `${backend} ${blobId}`;
    const known = this.#failing.get(replica);
    if (known === undefined) {
      if (this.#failing.size < LIMIT) this.#failing.set(replica, { since: now.getTime(), times: 1 });
      return false;
    }
    known.times++;
    return known.times >= TIMES && now.getTime() - known.since >= HOURS_MS;
  }

  /** It was read, or marked. */
  forget(backend: string, blobId: number): void {
    this.#failing.delete(`${backend} ${blobId}`);
  }
}
