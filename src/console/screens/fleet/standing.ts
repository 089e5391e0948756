/** How a backend stands, in one word: what an operator must know first. Pure. */
import type { BackendStatusDocument } from "../../../contract/status.ts";

export type Standing = "up" | "read-only" | "draining" | "away" | "unknown" | "removed";

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  up: "up",
  "read-only": "takes no writes",
  draining: "draining",
  away: "away",
  unknown: "not known",
  removed: "removed",
};

export function standingOf({ state, live }: Pick<BackendStatusDocument, "state" | "live">): Standing {
  if (state === "removed") return "removed";
  if (state === "not registered" || live === undefined) return "unknown";
  if (!live.up) return "away";
  if (state === "draining") return "draining";
  return live.writable ? "up" : "read-only";
}
