/**
 * How far long work is: one line that changes on a terminal, elsewhere a line each half minute, for programs a JSON
 * document a line.
 */
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** Says it where it is time to: `text` to people, `facts` to programs. */
  readonly report: (text: string, facts: Readonly<Record<string, unknown>>) => void;
  /** Takes the line off the terminal that changed there. */
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly json: boolean;
  readonly now: () => Date;
}

const SHOWN_MS = 1000;
const LOGGED_MS = 30_000;

export function openProgress(
  terminal: Pick<Terminal, "print" | "complain" | "rewrite">,
  { json, now }: ProgressOptions,
): Progress {
  const { print, complain, rewrite } = terminal;
  const everyMs = json || rewrite !== undefined ? SHOWN_MS : LOGGED_MS;
  let last = Number.NEGATIVE_INFINITY;
  return {
    report(text, facts) {
      const at = now();
      if (at.getTime() - last < everyMs) return;
      last = at.getTime();
      if (json) print(JSON.stringify({ at, ...facts }));
      else (rewrite ?? complain)(text);
    },
    end() {
      if (!json && last > Number.NEGATIVE_INFINITY) rewrite?.("");
    },
  };
}
