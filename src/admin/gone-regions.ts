/** The regions that something is kept in, and that no backend in use is in, as where one has another name now: pure. */
import type { HolderSet } from "../metadata/holders.ts";
import { mayStandIn } from "../wanted.ts";

export interface GoneRegion {
  readonly region: string;
  /** Kept there. */
  readonly blobs: number;
  /** Those that hold copies of them outside of their regions, in order. After a renaming these are the ones meant. */
  readonly copiesOn: readonly string[];
  /** How many of the blobs have no copy in any of their regions. */
  readonly outside: number;
}

/** `backends`: those in use. `named`: what else is kept in regions names these. In order. */
export function goneRegions(
  sets: readonly (Pick<HolderSet, "blobs" | "wanted"> & Partial<Pick<HolderSet, "backends">>)[],
  backends: readonly { readonly name: string; readonly region: string }[],
  named: readonly string[] = [],
): readonly GoneRegion[] {
  const all = new Set([...named, ...sets.flatMap(({ wanted }) => wanted?.regions ?? [])]);
  const gone = [...all].filter((region) => !backends.some((backend) => backend.region === region)).sort();
  return gone.map((region) => {
    const kept = sets.filter(({ wanted }) => wanted?.regions?.includes(region));
    const copiesOn = new Set<string>();
    let outside = 0;
    for (const { backends: holders = [], blobs, wanted } of kept) {
      const held = backends.filter(({ name }) => holders.includes(name));
      const strays = held.filter((backend) => !mayStandIn(backend.region, wanted));
      for (const { name } of strays) copiesOn.add(name);
      if (strays.length > 0 && strays.length === held.length) outside += blobs;
    }
    return { region, blobs: kept.reduce((sum, { blobs }) => sum + blobs, 0), copiesOn: [...copiesOn].sort(), outside };
  });
}
