/**
 * Limits the background work that this process does on one backend at a time. Work that finds no room fails at once
 * with Busy instead of waiting.
 */

/** The work could not begin because a backend that it needs is busy. This does not count as a failure. */
export class Busy extends Error {
  override readonly name = "Busy";
}

export class Slots {
  readonly #limit: number;
  readonly #taken = new Map<string, number>();

  /** `limit`: jobs at a time for each backend. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `spare`: places that are to stay free. */
  hasRoom(backend: string, spare = 0): boolean {
    return (this.#taken.get(backend) ?? 0) < this.#limit - spare;
  }

  /** Runs `work` while it holds a place on each of these backends. Throws Busy when one of them has none. */
  async hold<T>(backends: readonly string[], work: () => Promise<T>, spare = 0): Promise<T> {
    for (const backend of backends) if (!this.hasRoom(backend, spare)) throw new Busy(`${backend} is busy`);
    for (const backend of backends) this.#taken.set(backend, (this.#taken.get(backend) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const backend of backends) this.#taken.set(backend, (this.#taken.get(backend) ?? 0) - 1);
    }
  }
}
