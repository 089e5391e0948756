/** How much there is, counted beside the work: from then on it is known how long that takes. */

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export interface Total {
  /** Undefined: not all was counted yet. */
  amount(): Amount | undefined;
  /** Asks no further, and resolves when nothing is asked any more. */
  end(): Promise<void>;
}

/**
 * A listing costs a thousandth of what is done with each object. `list` ends with its signal, also in the midst of a
 * pause.
 */
export function countAlong(list: (signal: AbortSignal) => AsyncIterable<{ readonly size: number }>): Total {
  let whole: Amount | undefined;
  const ending = new AbortController();
  const count = async () => {
    const sum = { objects: 0, bytes: 0 };
    for await (const { size } of list(ending.signal)) {
      if (ending.signal.aborted) return;
      sum.objects += 1;
      sum.bytes += size;
    }
    whole = sum;
  };
  // The work itself walks over the same listing, and says what is wrong with it.
  const counted = count().catch(() => undefined);
  return {
    amount: () => whole,
    async end() {
      ending.abort();
      await counted;
    },
  };
}
