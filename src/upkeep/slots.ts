/**
 * How much background work one backend is given at a time by this process. Work that finds no room is told so at once
 * and makes no other work wait.
 */

/** The work could not begin: a backend that it needs has enough to do. It is not a failure. */
export class Busy extends Error {
  override readonly name = "Busy";
}

export class Slots {
  readonly #limit: number;
  readonly #taken = new Map<string, number>();

  /** `limit`: jobs at once for each backend. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  hasRoom(backend: string): boolean {
    return (this.#taken.get(backend) ?? 0) < this.#limit;
  }

  /** Runs `work` with a place at each of these backends. Throws Busy when one has none. */
  async hold<T>(backends: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const backend of backends) if (!this.hasRoom(backend)) throw new Busy(`${backend} has enough to do`);
    for (const backend of backends) this.#taken.set(backend, (this.#taken.get(backend) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const backend of backends) this.#taken.set(backend, (this.#taken.get(backend) ?? 0) - 1);
    }
  }
}
