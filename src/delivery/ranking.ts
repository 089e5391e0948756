/** A blob's replicas in the order in which they are read. Lost ones, and those on unknown backends, are left out. */
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import type { Replica } from "../model.ts";
import { type Candidate, orderByProximity, type Place, type Scale } from "./proximity.ts";

export interface RankedReplica extends Candidate {
  readonly member: FleetMember;
}

/**
 * Closest first among backends that are up; those on draining backends come after them, then those on backends where
 * reads fail, and last those on backends that are down, for a proxy that has no better one. `costOf`: of a byte read
 * there.
 */
export function rankReplicas(
  replicas: readonly Replica[],
  fleet: Pick<Fleet, "get">,
  place: Place,
  random: () => number,
  costOf: (backend: string) => number,
  scale?: Scale,
): readonly RankedReplica[] {
  const good: RankedReplica[] = [];
  const draining: RankedReplica[] = [];
  const failing: RankedReplica[] = [];
  const down: RankedReplica[] = [];
  for (const { backend: name, state } of replicas) {
    const member = state === "verified" ? fleet.get(name) : undefined;
    if (member === undefined) continue;
    const { backend, region, expectedReadMs: latencyMs } = member;
    const { capacity } = backend;
    const egressCost = costOf(name);
    const ranked = { name, region: region.name, coordinates: region, latencyMs, egressCost, capacity, member };
    if (!member.up) down.push(ranked);
    else if (member.reads.state !== "closed") failing.push(ranked);
    else (member.draining ? draining : good).push(ranked);
  }
  const ordered = orderByProximity(good, place, random, scale);
  if (ordered.length === replicas.length) return ordered;
  return [...ordered, ...orderByProximity(draining, place, random, scale), ...failing, ...down];
}
