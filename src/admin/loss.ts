/** What if this backend were lost now: of what it holds, what would be left of it. */

import type { Amount, HolderSet } from "../metadata/holders.ts";
import type { CopyRule } from "../wanted.ts";
import { placeOf } from "./known-backends.ts";
import { judgeSafety } from "./safety.ts";
import type { StatusReport } from "./status-report.ts";

export interface Loss {
  readonly name: string;
  /** Blobs of which it holds a good copy, and their bytes. */
  readonly replicas: number;
  readonly bytes: number;
  readonly safeToLose: boolean;
  /** No copy would be in place any more. */
  readonly unreadable: Amount;
  /** Fewer than two good copies would be in place; includes `unreadable`. */
  readonly atRisk: Amount;
  /** Fewer good copies than there should be, or all in one region; includes both. */
  readonly underReplicated: Amount;
}

/** `graceMs`: how long the copies on a backend that is away still count as good. */
export function lossOf(
  name: string,
  sets: readonly HolderSet[],
  { backends, now }: Pick<StatusReport, "backends" | "now">,
  rule: CopyRule,
  graceMs: number,
): Loss {
  const held = sets.filter((set) => set.backends.includes(name));
  const left = backends.filter((one) => one.name !== name).map((one) => placeOf(one, now, graceMs));
  const { stored, unreadable, atRisk, underReplicated } = judgeSafety(held, left, rule);
  const safeToLose = backends.find((one) => one.name === name)?.safeToLose ?? true;
  return { name, replicas: stored.blobs, bytes: stored.bytes, safeToLose, unreadable, atRisk, underReplicated };
}
