/**
 * When repair begins for what is safe no longer, but is not copied yet: once a backend has been away for the grace, its
 * copies count no more. Pure: it looks ahead to the end of each grace, as if nothing else changed until then.
 */
import { type Amount, type HolderSet, sum } from "../metadata/holders.ts";
import { type CopyRule, mayStandIn } from "../wanted.ts";
import { type KnownBackend, placeOf } from "./known-backends.ts";
import { type BackendPlace, shortage } from "./safety.ts";

export interface RepairPlan {
  readonly beginsAt: Date;
  /** What is copied then, and is not yet. */
  readonly of: Amount;
}

export interface RepairOutlook {
  readonly sets: readonly HolderSet[];
  readonly backends: readonly KnownBackend[];
  readonly rule: CopyRule;
  /** How long the copies on a backend that is away still count as good. */
  readonly graceMs: number;
  readonly now: Date;
}

/** The first of them; undefined: no backend is away within its grace, or what it holds cannot be copied elsewhere. */
export function planRepair({ sets, backends, rule, graceMs, now }: RepairOutlook): RepairPlan | undefined {
  const repairableAt = (at: Date) =>
    repairable(
      backends.map((backend) => placeOf(backend, at, graceMs)),
      rule,
    );
  const underWay = repairableAt(now);
  const ends = backends.flatMap(({ seenAt }) => (seenAt === undefined ? [] : [seenAt.getTime() + graceMs]));
  for (const end of ends.filter((time) => time > now.getTime()).sort((a, b) => a - b)) {
    const beginsAt = new Date(end);
    const begins = repairableAt(beginsAt);
    const of = sum(sets.filter((set) => begins(set) && !underWay(set)));
    if (of.blobs > 0) return { beginsAt, of };
  }
  return undefined;
}

/** Have blobs too few good copies, one that can be read, and another backend to be copied to? */
function repairable(places: readonly BackendPlace[], rule: CopyRule): (set: HolderSet) => boolean {
  const isShort = shortage(places, rule);
  const readable = places.filter(({ inPlace }) => inPlace).map(({ name }) => name);
  const targets = places.filter(({ inPlace, attached }) => inPlace && attached);
  return (set) =>
    isShort(set) &&
    readable.some((name) => set.backends.includes(name)) &&
    targets.some(({ name, region }) => !set.backends.includes(name) && mayStandIn(region, set.wanted));
}
