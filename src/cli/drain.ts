/** `nearbucket backends drain`, and waiting until nothing keeps the backend from being removed. */
import { setTimeout as delay } from "node:timers/promises";
import { counted, duration, size } from "./layout.ts";
import { openProgress } from "./progress.ts";
import type { BackendsGroup, Left } from "./reached.ts";
import type { Terminal } from "./terminal.ts";

const FIRST_PAUSE_MS = 500;
const PAUSE_MS = 10_000;
/** Each look may walk over all blobs: it takes a tenth of the time at most. */
const SHARE = 9;

export interface DrainOptions {
  readonly wait: boolean;
  readonly json: boolean;
  readonly now: () => Date;
}

export async function drain(all: BackendsGroup, name: string, terminal: Terminal, options: DrainOptions) {
  await all.drain(name);
  const left = options.wait ? await waitUntilSpare(all, name, terminal, options) : undefined;
  terminal.print(options.json ? JSON.stringify({ backend: name, ...left }) : doneText(name, left));
}

function doneText(name: string, left: Left | undefined): string {
  if (left?.blobs === 0) return `${name} can be removed: nearbucket backends remove ${name}`;
  return `${name} is draining: its blobs are copied elsewhere, and then it can be removed`;
}

/** Returns what is left when the command is stopped, or nothing when nothing is. */
async function waitUntilSpare(
  all: BackendsGroup,
  name: string,
  terminal: Terminal,
  { json, now }: DrainOptions,
): Promise<Left> {
  const progress = openProgress(terminal, { json, now });
  const stop = new AbortController();
  void terminal.stopped.then(() => stop.abort());
  const start = now().getTime();
  let first: Left | undefined;
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(PAUSE_MS, 2 * pauseMs)) {
      const asked = now().getTime();
      const left = await all.left(name);
      first ??= left;
      if (left.blobs === 0 || stop.signal.aborted) return left;
      progress.report(leftText(name, first, left, now().getTime() - start), { backend: name, ...left });
      const restMs = Math.max(pauseMs, SHARE * (now().getTime() - asked));
      await delay(restMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
}

/** `elapsedMs`: since there was `first`. */
export function leftText(name: string, first: Left, left: Left, elapsedMs: number): string {
  const text = `${name}: ${counted(left.blobs, "blob")}, ${size(left.bytes)}, to be copied elsewhere`;
  const copied = first.bytes - left.bytes;
  if (copied <= 0 || elapsedMs <= 0) return text;
  const perMs = copied / elapsedMs;
  return `${text}; ${size(perMs * 1000)}/s, ${duration(left.bytes / perMs)} more`;
}
