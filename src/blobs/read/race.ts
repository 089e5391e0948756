/**
 * Reads of replicas of one blob for one reader: one, and one more while that one takes longer than is usual. The first
 * good one wins. One that fails leaves the other as it is.
 */
import type { Attempt } from "./attempt.ts";
import type { Hedging } from "./hedging.ts";

export interface Rules<Found> {
  readonly hedging: Hedging;
  /** Its signal is asked for only when a read takes long. */
  readonly reader: { readonly signal: AbortSignal };
  /** Begins one more, unless there is none to begin. */
  readonly second: () => Attempt<Found> | undefined;
  readonly failed: (error: unknown) => Promise<void>;
  /** A good one has won, this one is still under way. */
  readonly lost: (attempt: Attempt<Found>) => void;
}

/** Undefined: all have failed. Rejects with the reason of the reader's signal when that aborts. */
export async function race<Found>(
  first: Attempt<Found>,
  { hedging, reader, second, failed, lost }: Rules<Found>,
): Promise<{ readonly attempt: Attempt<Found>; readonly found: Found } | undefined> {
  let running: readonly Attempt<Found>[] = [first];
  let isHedged = false;
  let leaving: Leaving | undefined;
  try {
    for (;;) {
      const [one, other] = running;
      if (one === undefined) break;
      const soon =
        other === undefined ? within(one.ended, hedging.delayMs(one.member)) : Promise.race([one.ended, other.ended]);
      const end = await (leaving === undefined ? soon : Promise.race([soon, leaving.left]));
      if (end === undefined) {
        leaving ??= watchLeaving(reader.signal);
        const more = second();
        if (more === undefined) continue;
        isHedged = true;
        running = [one, more];
        continue;
      }
      running = running.filter((attempt) => attempt !== end.attempt);
      if ("found" in end) {
        if (isHedged) hedging.count(end.attempt === first ? "first" : "second");
        for (const attempt of running) lost(attempt);
        return end;
      }
      await failed(end.error);
    }
    if (isHedged) hedging.count("neither");
    return undefined;
  } catch (error) {
    for (const attempt of running) attempt.cancel();
    throw error;
  } finally {
    leaving?.forget();
  }
}

/** Undefined after `ms`. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined);
    void promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

interface Leaving {
  /** Rejects with the reason when the signal aborts. */
  readonly left: Promise<never>;
  forget(): void;
}

function watchLeaving(signal: AbortSignal): Leaving {
  signal.throwIfAborted();
  let leave: () => void = () => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
  });
  left.catch(() => undefined);
  signal.addEventListener("abort", leave, { once: true });
  return { left, forget: () => signal.removeEventListener("abort", leave) };
}
