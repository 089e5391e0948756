/**
 * A blob's replicas in the order in which they are read. Lost ones, those on unknown backends, and those outside of the
 * regions where the blob may stand are left out.
 */
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import type { Blob } from "../model.ts";
import { mayStandIn } from "../wanted.ts";
import { type Candidate, orderByProximity, orderRegions, type Place, type Scale } from "./proximity.ts";

export interface RankedReplica extends Candidate {
  readonly member: FleetMember;
}

/**
 * Closest first among backends that are up; those on draining backends come after them, then those on backends where
 * reads fail, and last those on backends that are down, for a proxy that has no better one. `costOf`: of a byte read
 * there.
 */
export function rankReplicas(
  { replicas, wanted }: Pick<Blob, "replicas" | "wanted">,
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
    const member = state === "verified" || state === "reader" ? fleet.get(name) : undefined;
    if (member === undefined || !mayStandIn(member.region.name, wanted)) continue;
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

/**
 * The client's closest region of those where the blob may stand, unless a copy that is kept for safety stands there;
 * undefined also where nobody knows where the client is.
 */
export function farRegion(
  { replicas, wanted }: Pick<Blob, "replicas" | "wanted">,
  fleet: Pick<Fleet, "get" | "members">,
  place: Place,
): string | undefined {
  const allowed = fleet.members().filter(({ region }) => mayStandIn(region.name, wanted));
  const [closest] = orderRegions(
    allowed.map(({ region }) => region),
    place,
  );
  const isThere = replicas.some(
    ({ backend, state }) => state === "verified" && fleet.get(backend)?.region.name === closest,
  );
  return isThere ? undefined : closest;
}
