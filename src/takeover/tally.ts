/** What an import did with each object, counted as it goes. */

export interface ImportReport<Reason extends string> {
  readonly listed: number;
  /** Came into the bucket. */
  readonly imported: number;
  /** Of those. */
  readonly bytes: number;
  /** An earlier run, or a client's read, brought them. */
  readonly known: number;
  readonly skipped: Readonly<Partial<Record<Reason, number>>>;
  /** The first of them. */
  readonly examples: readonly { readonly key: string; readonly reason: Reason }[];
}

const EXAMPLES = 20;

export class Tally<Reason extends string> {
  readonly #counts = { listed: 0, imported: 0, bytes: 0, known: 0 };
  readonly #skipped: Partial<Record<Reason, number>> = {};
  readonly #examples: { readonly key: string; readonly reason: Reason }[] = [];

  list(count: number): void {
    this.#counts.listed += count;
  }

  import(size: number): void {
    this.#counts.imported += 1;
    this.#counts.bytes += size;
  }

  know(): void {
    this.#counts.known += 1;
  }

  skip(key: string, reason: Reason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
    if (this.#examples.length < EXAMPLES) this.#examples.push({ key, reason });
  }

  get report(): ImportReport<Reason> {
    return { ...this.#counts, skipped: this.#skipped, examples: this.#examples };
  }
}
