/** How much there is, counted beside the work: from then on it is known how long that takes. */

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export interface Total {
  /** Undefined: not all was counted yet. */
  amount(): Amount | undefined;
  /** Resolves when nothing is asked any more. */
  end(): Promise<void>;
}

/** A listing costs a thousandth of what is done with each object. */
export function countAlong(list: () => AsyncIterable<{ readonly size: number }>): Total {
  let whole: Amount | undefined;
  let isOver = false;
  const count = async () => {
    const sum = { objects: 0, bytes: 0 };
    for await (const { size } of list()) {
      if (isOver) return;
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
      isOver = true;
      await counted;
    },
  };
}
