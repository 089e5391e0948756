/** Work that is done once for all who ask for it meanwhile. */

export interface InTurn<T> {
  /** What a run gives that begins after the call. Runs never overlap. */
  (): Promise<T>;
  /** Settles when nothing is under way; never rejects. */
  idle(): Promise<void>;
}

export function inTurn<T>(work: () => Promise<T>): InTurn<T> {
  let running: Promise<T> | undefined;
  let following: Promise<T> | undefined;
  const start = () => {
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const call = () => {
    if (running === undefined && following === undefined) return start();
    // What is under way may have looked before the caller's turn: the one after it counts, for all who wait.
    following ??= Promise.allSettled([running]).then(() => {
      following = undefined;
      return start();
    });
    return following;
  };
  return Object.assign(call, {
    async idle() {
      await Promise.allSettled([following ?? running]);
    },
  });
}
