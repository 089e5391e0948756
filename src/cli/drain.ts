/** `nearbucket backends drain`, and waiting until nothing keeps the backend from being removed. */
import { type Missing, missingText } from "../contract/missing-text.ts";
import { endWith, STOPPED } from "./exit-code.ts";
import { counted, size } from "./layout.ts";
import type { BackendsGroup, Left } from "./reached.ts";
import type { Terminal } from "./terminal.ts";
import { paceText, type WaitOptions, waitFor } from "./waiting.ts";

export async function drain(all: BackendsGroup, name: string, terminal: Terminal, options: WaitOptions) {
  const missing = await all.drain(name);
  if (missing.backendsMissing > 0) return tellStuck(name, missing, terminal, options);
  const left = options.wait ? await waitUntilSpare(all, name, terminal, options) : undefined;
  terminal.print(options.json ? JSON.stringify({ backend: name, ...left }) : doneText(name, left));
  if (left !== undefined && left.blobs > 0) endWith(STOPPED);
}

/** Attaching others may be the next step. Waiting for them here would keep the operator from it. */
function tellStuck(name: string, missing: Missing, terminal: Terminal, { json, wait }: WaitOptions): void {
  const stuck = `the others cannot take all of its copies: ${missingText(missing)} must be attached, or come back`;
  if (json) terminal.print(JSON.stringify({ backend: name, ...missing }));
  else if (!wait) terminal.print(`${name} is draining, but ${stuck}`);
  if (wait) throw new Error(`${name} is draining, but waiting would not end: ${stuck}`);
}

function doneText(name: string, left: Left | undefined): string {
  if (left?.blobs === 0) return `${name} can be removed: nearbucket backends remove ${name}`;
  return `${name} is draining: its blobs are copied elsewhere, and then it can be removed`;
}

function waitUntilSpare(all: BackendsGroup, name: string, terminal: Terminal, options: WaitOptions): Promise<Left> {
  return waitFor(
    {
      look: () => all.left(name),
      isDone: ({ blobs }) => blobs === 0,
      say: (left, first, elapsedMs) => leftText(name, first, left, elapsedMs),
      facts: (left) => ({ backend: name, ...left }),
    },
    terminal,
    options,
  );
}

/** `elapsedMs`: since there was `first`. */
export function leftText(name: string, first: Left, left: Left, elapsedMs: number): string {
  const text = `${name}: ${counted(left.blobs, "blob")}, ${size(left.bytes)}, to be copied elsewhere`;
  return text + paceText(first.bytes, left.bytes, elapsedMs);
}
