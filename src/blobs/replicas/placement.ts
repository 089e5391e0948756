/**
 * Which backends get a blob: pure. Healthy ones only, another region each while there is one, weighted random by
 * capacity. Two copies count as two only when they stand in two regions, if so many are configured.
 */
import type { FleetMember } from "../../backends/fleet.ts";

/** A place for a replica. */
export interface Site {
  readonly name: string;
  readonly region: string;
  /** Weight in the draw, in any unit all sites share. */
  readonly capacity: number;
}

export function siteOf(member: FleetMember): Site {
  return { name: member.backend.name, region: member.region.name, capacity: member.backend.capacity };
}

/** Members that may be given new bytes. */
export function healthyMembers(members: readonly FleetMember[]): readonly FleetMember[] {
  return members.filter((member) => member.up && !member.draining);
}

/**
 * Draws up to `count` of the candidates that `held` does not name; regions that hold nothing yet come first.
 * Fewer than `count` when there are not enough. `random` as Math.random.
 */
export function choosePlacement(
  candidates: readonly Site[],
  held: readonly Site[],
  count: number,
  random: () => number,
): readonly Site[] {
  const chosen: Site[] = [];
  const taken = new Set(held.map((site) => site.name));
  const regions = new Set(held.map((site) => site.region));
  while (chosen.length < count) {
    const free = candidates.filter((site) => !taken.has(site.name));
    const elsewhere = free.filter((site) => !regions.has(site.region));
    const site = drawByCapacity(elsewhere.length > 0 ? elsewhere : free, random);
    if (site === undefined) break;
    chosen.push(site);
    taken.add(site.name);
    regions.add(site.region);
  }
  return chosen;
}

/**
 * Do these sites make a write safe? `needed` of them, in two regions when `needed` is at least two and
 * `configuredRegions` is.
 */
export function isEnough(sites: readonly Site[], needed: number, configuredRegions: number): boolean {
  if (sites.length < needed) return false;
  return new Set(sites.map((site) => site.region)).size >= Math.min(needed, configuredRegions, 2);
}

function drawByCapacity(sites: readonly Site[], random: () => number): Site | undefined {
  const total = sites.reduce((sum, site) => sum + weightOf(site), 0);
  let point = random() * total;
  for (const site of sites) {
    point -= weightOf(site);
    if (point < 0) return site;
  }
  return sites.at(-1);
}

/** A full backend is still drawn when nothing else is left. */
function weightOf(site: Site): number {
  return Math.max(site.capacity, Number.MIN_VALUE * 2 ** 60);
}
