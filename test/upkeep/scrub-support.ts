/** When the scrub is due, and what it did. */
import type { Rig } from "../support/rig.ts";
import { DAY } from "./repair-support.ts";

/** When everything may be read again. */
export const DUE = 16 * DAY;
/** When everything must be read again. */
export const OVERDUE = 28 * DAY;

/** Replicas that all its scrubs read, with this outcome. */
export function countsOf(rig: Rig, kind: "good" | "lost" | "unread"): number {
  return [...rig.upkeep.scrubbed.values()].reduce((sum, counts) => sum + counts[kind], 0);
}
