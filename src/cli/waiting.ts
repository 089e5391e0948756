/** Waits for what gateways do in the background: looks at it again and again, and says how far it is. */
import { setTimeout as delay } from "node:timers/promises";
import { duration, size } from "./layout.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const FIRST_PAUSE_MS = 500;
const PAUSE_MS = 10_000;
/** Each look may walk over all blobs: it takes a tenth of the time at most. */
const SHARE = 9;

export interface WaitOptions {
  readonly wait: boolean;
  readonly json: boolean;
  readonly now: () => Date;
}

export interface LongWork<T> {
  readonly look: () => Promise<T>;
  readonly isDone: (seen: T) => boolean;
  /** `first`: what the first look saw, `elapsedMs` ago. */
  readonly say: (seen: T, first: T, elapsedMs: number) => string;
  /** The same for programs. */
  readonly facts: (seen: T) => Readonly<Record<string, unknown>>;
}

/** Returns what was seen last: all is done, or the command was stopped. The work itself goes on then. */
export async function waitFor<T>(
  { look, isDone, say, facts }: LongWork<T>,
  terminal: Terminal,
  { json, now }: Pick<WaitOptions, "json" | "now">,
): Promise<T> {
  const progress = openProgress(terminal, { json, now });
  const stop = new AbortController();
  void terminal.stopped().then(() => stop.abort());
  const start = now().getTime();
  let first: T | undefined;
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(PAUSE_MS, 2 * pauseMs)) {
      const asked = now().getTime();
      const seen = await look();
      first ??= seen;
      if (isDone(seen) || stop.signal.aborted) return seen;
      progress.report(say(seen, first, now().getTime() - start), facts(seen));
      const restMs = Math.max(pauseMs, SHARE * (now().getTime() - asked));
      await delay(restMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
}

/** `; 12 MiB/s, 3 h more`, from the bytes left at first and now; nothing while nothing is done. */
export function paceText(first: number, left: number, elapsedMs: number): string {
  if (first <= left || elapsedMs <= 0) return "";
  const perMs = (first - left) / elapsedMs;
  return `; ${size(perMs * 1000)}/s, ${duration(left / perMs)} more`;
}
