/** How many more backends it takes to empty one, and where: pure. */
import type { BackendConfig } from "../backends/kinds.ts";
import type { HolderSet } from "../metadata/holders.ts";
import { mayStandIn, type Wanted } from "../wanted.ts";

/** So many more, each in any of these regions. */
interface MissingIn {
  readonly backends: number;
  readonly regions: readonly string[];
}

export interface MissingBackends {
  readonly backendsMissing: number;
  /** Those of them for which not every region will do, as there are blobs that may stand in these only. */
  readonly missingIn: readonly MissingIn[];
}

/**
 * `short`: what has too few good copies without the one that is emptied. `others`: the regions of those that can hold
 * copies in its place; undefined: nobody here knows its region, and it counts as one that the blobs may stand in.
 */
export function missingBackends(
  short: readonly Pick<HolderSet, "wanted">[],
  others: readonly (string | undefined)[],
  copies: (wanted: Wanted | undefined) => number,
): MissingBackends {
  const needs = short
    .map(({ wanted }) => {
      const fitting = others.filter((region) => region === undefined || mayStandIn(region, wanted));
      return { backends: copies(wanted) - fitting.length, regions: wanted?.regions };
    })
    .filter(({ backends }) => backends > 0);
  const missingIn = needs
    .flatMap(({ backends, regions }) => (regions === undefined ? [] : { backends, regions }))
    .sort((one, other) => one.regions.length - other.regions.length)
    .reduce<readonly MissingIn[]>(withNeed, []);
  const bound = missingIn.reduce((sum, { backends }) => sum + backends, 0);
  // Those that blobs with regions need do for all others, too.
  return { backendsMissing: Math.max(bound, ...needs.map(({ backends }) => backends)), missingIn };
}

/** What stands in the regions that two needs share suits both. */
function withNeed(all: readonly MissingIn[], need: MissingIn): readonly MissingIn[] {
  const shared = ({ regions }: MissingIn) => regions.filter((region) => need.regions.includes(region));
  const near = all.find((one) => shared(one).length > 0);
  if (near === undefined) return [...all, need];
  const both = { backends: Math.max(near.backends, need.backends), regions: shared(near) };
  return all.map((one) => (one === near ? both : one));
}

/** By backend. */
export function regionsOf(known: readonly Pick<BackendConfig, "name" | "region">[]): ReadonlyMap<string, string> {
  return new Map(known.map(({ name, region }) => [name, region]));
}
