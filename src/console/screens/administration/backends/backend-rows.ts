/** What the lists of backends and the status say of each backend, in one row. Pure. */
import type { BackendDocument } from "../../../../contract/backends.ts";
import { type Missing, missingText } from "../../../../contract/missing-text.ts";
import type { BackendStatusDocument, StatusDocument } from "../../../../contract/status.ts";

/** What an operator wants done with a backend, or to know of it. */
export type Wish = "check" | "loss" | "redirects" | "drain" | "resume" | "replace" | "remove" | "scrub";

export interface BackendRow extends BackendDocument {
  /** Undefined: the status does not know it, as one that is not registered yet. */
  readonly status: BackendStatusDocument | undefined;
}

export function rowsOf(
  backends: readonly BackendDocument[],
  { backends: all }: Pick<StatusDocument, "backends">,
): readonly BackendRow[] {
  return backends.map((backend) => ({ ...backend, status: all.find(({ name }) => name === backend.name) }));
}

/** It is being emptied, or its copies are being made anew. */
export function isMoving({ state, replicas, status }: Pick<BackendRow, "state" | "replicas" | "status">): boolean {
  return (state === "draining" && replicas > 0) || (status?.lostReplicas ?? 0) > 0;
}

export interface Sample {
  readonly atMs: number;
  readonly replicas: number;
}

/** When a backend will be empty, were it to go on as between the two; undefined: nobody can tell. */
export function emptyAt(first: Sample, last: Sample): Date | undefined {
  const gone = first.replicas - last.replicas;
  const passedMs = last.atMs - first.atMs;
  if (gone <= 0 || passedMs <= 0) return undefined;
  return new Date(last.atMs + (last.replicas / gone) * passedMs);
}

export type Tone = "good" | "warn" | "bad" | "plain";

const TONES: Readonly<Record<BackendDocument["condition"], Tone>> = {
  "in place": "good",
  seen: "good",
  away: "bad",
  lost: "bad",
  "never seen": "plain",
};

export function toneOf({ condition }: Pick<BackendDocument, "condition">): Tone {
  return TONES[condition];
}

/** What the backend is for now. */
export function stateWords({ state, replicas }: Pick<BackendDocument, "state" | "replicas">): string {
  if (state === "attached") return "in use";
  if (state === "draining") return replicas === 0 ? "drained" : "draining";
  return state;
}

/** What speaks against an operator's wish, without the words of the command line. */
export function refusalWords(message: string): string {
  return message
    .replace(/: nearbucket backends drain \S+ first$/, ": drain it first")
    .replace(" with --accept-loss", "");
}

/** What a backend that drains waits for. */
export function stuckWords(missing: Missing): string {
  return `Attach ${missingText(missing)}, or bring back those that are away.`;
}

/** Which of the actions make sense; the gateway decides. */
export function actionsFor({ state, condition }: Pick<BackendDocument, "state" | "condition">) {
  return {
    drain: state === "attached",
    resume: state === "draining" || state === "removed",
    replace: condition === "lost",
    remove: state === "draining" || (state === "attached" && condition === "lost"),
    scrub: state === "attached" || state === "draining",
  };
}
