/** How many more backends it takes to empty one: pure. */
import type { BackendConfig } from "../backends/kinds.ts";
import type { HolderSet } from "../metadata/holders.ts";
import { mayStandIn, type Wanted } from "../wanted.ts";

/**
 * `short`: what has too few good copies without the one that is emptied. `others`: the regions of those that can hold
 * copies in its place; undefined: nobody here knows its region, and it counts as one that the blobs may stand in.
 */
export function missingBackends(
  short: readonly Pick<HolderSet, "wanted">[],
  others: readonly (string | undefined)[],
  copies: (wanted: Wanted | undefined) => number,
): number {
  const missing = short.map(({ wanted }) => {
    const fitting = others.filter((region) => region === undefined || mayStandIn(region, wanted));
    return copies(wanted) - fitting.length;
  });
  // One in the region of the one that is emptied suits all: whatever stands there may stand in that region.
  return Math.max(0, ...missing);
}

/** By backend. */
export function regionsOf(known: readonly Pick<BackendConfig, "name" | "region">[]): ReadonlyMap<string, string> {
  return new Map(known.map(({ name, region }) => [name, region]));
}
