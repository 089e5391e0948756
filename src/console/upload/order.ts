/** What is done next for the files that are to be sent: all parts of one file come before the next file's. */
import type { Part } from "./parts.ts";

/** The browser opens 6 connections to one origin; two stay free for claims and for the rest of the console. */
export const MAX_SENDING = 4;

export interface Sendable {
  readonly parts: readonly Part[];
  /** It is sent in parts, and the upload that takes them is not open yet. */
  readonly needsUpload: boolean;
  /** An upload is being opened or completed. */
  readonly isBetweenParts: boolean;
  /** After a fault of its own it is left alone until then. */
  readonly heldUntilMs: number;
  isStored(part: number): boolean;
  isFlying(part: number): boolean;
}

export type Step =
  | { readonly kind: "open" }
  | { readonly kind: "send"; readonly part: Part }
  | { readonly kind: "complete" };

/** undefined: nothing can begin, because something is on its way or the file is held. */
export function stepOf(item: Sendable, nowMs: number): Step | undefined {
  if (item.isBetweenParts || nowMs < item.heldUntilMs) return undefined;
  if (item.needsUpload) return { kind: "open" };
  const part = item.parts.find(({ number }) => !item.isStored(number) && !item.isFlying(number));
  if (part !== undefined) return { kind: "send", part };
  return item.parts.every(({ number }) => item.isStored(number)) ? { kind: "complete" } : undefined;
}

/** `busy`: how many steps are under way. */
export function nextTurn<T extends Sendable>(items: Iterable<T>, busy: number, nowMs: number) {
  if (busy >= MAX_SENDING) return undefined;
  for (const item of items) {
    const step = stepOf(item, nowMs);
    if (step !== undefined) return { item, step };
  }
  return undefined;
}
