/**
 * Which backends get a blob: pure. Healthy ones only, another region each while there is one, weighted random by
 * capacity and the share of it that is free; those where writes fail, and those that are full but for a reserve, only
 * as a last resort. Two copies count as two only when they stand in two regions, if so many are configured.
 */
import type { FleetMember } from "../../backends/fleet.ts";

/** A place for a replica. */
export interface Placement {
  readonly name: string;
  readonly region: string;
  /** Weight in the draw, in any unit all placements share. */
  readonly capacity: number;
}

/**
 * The emptier draws more, so that backends fill up together, whatever they held before: docs/decisions says why. One
 * whose room nobody knows counts as empty.
 */
export function placementOf({ backend, region, space }: FleetMember): Placement {
  const share = space === undefined || space.total === 0 ? 1 : space.free / space.total;
  return { name: backend.name, region: region.name, capacity: backend.capacity * share };
}

/** Members that may be given new bytes. */
export function healthyMembers(members: readonly FleetMember[]): readonly FleetMember[] {
  return members.filter((member) => member.up && member.writable && !member.draining);
}

const GIB = 1024 ** 3;

/** What is kept free of a backend of this size, for its own bookkeeping and for what others write there. */
function reserveOf(totalBytes: number): number {
  return Math.min(GIB, totalBytes / 100);
}

/** Could take a write of `size` bytes, and better not: it is tried when too few others can. */
export function isLastResort({ writes, space }: FleetMember, size: number): boolean {
  return writes.state !== "closed" || (space !== undefined && space.free < reserveOf(space.total) + size);
}

/** What a write asks for. */
export interface Need {
  /** Replicas without which it is not acknowledged. */
  readonly copies: number;
  /** Bytes; 0 while they are not known. */
  readonly size: number;
}

/**
 * As choosePlacement among those of `members` that are no last resort; among all of them when those drawn, beside
 * `held`, are not `enough`.
 */
export function chooseMembers(
  members: readonly FleetMember[],
  held: readonly Placement[],
  { count, size }: { readonly count: number; readonly size: number },
  random: () => number,
  enough: (placements: readonly Placement[]) => boolean,
): readonly Placement[] {
  const better = members.filter((member) => !isLastResort(member, size));
  const chosen = choosePlacement(better.map(placementOf), held, count, random);
  if (better.length === members.length || enough([...held, ...chosen])) return chosen;
  const all = members.map((member) => ({ ...placementOf(member), ...(isLastResort(member, size) && { capacity: 0 }) }));
  return choosePlacement(all, held, count, random);
}

/**
 * Draws up to `count` of the candidates that `held` does not name; regions that hold nothing yet come first.
 * Fewer than `count` when there are not enough. `random` as Math.random.
 */
export function choosePlacement(
  candidates: readonly Placement[],
  held: readonly Placement[],
  count: number,
  random: () => number,
): readonly Placement[] {
  const chosen: Placement[] = [];
  const taken = new Set(held.map((placement) => placement.name));
  const regions = new Set(held.map((placement) => placement.region));
  while (chosen.length < count) {
    const free = candidates.filter((placement) => !taken.has(placement.name));
    const elsewhere = free.filter((placement) => !regions.has(placement.region));
    const placement = drawByCapacity(elsewhere.length > 0 ? elsewhere : free, random);
    if (placement === undefined) break;
    chosen.push(placement);
    taken.add(placement.name);
    regions.add(placement.region);
  }
  return chosen;
}

/**
 * Do these placements make a write safe? `needed` of them, in `spread` regions when `needed` is as many and
 * `configuredRegions` is.
 */
export function isEnough(
  placements: readonly Placement[],
  needed: number,
  configuredRegions: number,
  spread = 2,
): boolean {
  if (placements.length < needed) return false;
  return new Set(placements.map((placement) => placement.region)).size >= Math.min(needed, configuredRegions, spread);
}

function drawByCapacity(placements: readonly Placement[], random: () => number): Placement | undefined {
  const total = placements.reduce((sum, placement) => sum + weightOf(placement), 0);
  let point = random() * total;
  for (const placement of placements) {
    point -= weightOf(placement);
    if (point < 0) return placement;
  }
  return placements.at(-1);
}

/** A full backend is still drawn when nothing else is left. */
function weightOf(placement: Placement): number {
  return Math.max(placement.capacity, Number.MIN_VALUE * 2 ** 60);
}
