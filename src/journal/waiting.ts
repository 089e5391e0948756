/**
 * How a gateway waits while another one writes the journal: it tells that one, and looks which changes are written by
 * now when it hears of a segment. In case it hears nothing, it looks by itself, as long as somebody waits.
 */
import type { Journal } from "../metadata/journal.ts";
import { inTurn } from "./in-turn.ts";

export interface Waiting {
  /** Resolves when segments carry all that was committed until the call; not after `signal` is aborted. */
  untilWritten(signal: AbortSignal): Promise<void>;
  /** A segment was written. */
  look(): void;
}

const LOOK_MS = 50;

interface Waiter {
  readonly last: number;
  readonly resolve: () => void;
}

export function openWaiting(journal: Pick<Journal, "newestChange" | "oldestChange" | "tell">): Waiting {
  const waiters = new Set<Waiter>();
  let timer: NodeJS.Timeout | undefined;
  const ask = inTurn(async () => {
    const newest = await journal.newestChange();
    // What was committed until now is what the other one finds.
    journal.tell("wanted");
    return newest;
  });
  const leave = (waiter: Waiter) => {
    waiters.delete(waiter);
    if (waiters.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const lookNext = inTurn(async () => {
    // Who comes while the database answers has changes that it may not have seen.
    const here = [...waiters];
    const oldest = await journal.oldestChange();
    for (const waiter of here)
      if (oldest === undefined || waiter.last < oldest) {
        leave(waiter);
        waiter.resolve();
      }
  });
  const look = () => {
    // A database that does not answer now may do so before the clients have waited too long.
    if (waiters.size > 0) lookNext().catch(() => undefined);
  };
  return {
    async untilWritten(signal) {
      const last = await ask();
      if (last === undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const waiter = { last, resolve };
        waiters.add(waiter);
        signal.addEventListener("abort", () => leave(waiter), { once: true });
        timer ??= setInterval(look, LOOK_MS).unref();
      });
    },
    look,
  };
}
