/**
 * What counts as a good copy, for all who count: a verified replica on a backend that is there and not being emptied.
 * Copies count as enough only in two regions, while there are two.
 */
import type { Fleet } from "../../backends/fleet.ts";
import type { IsPresent } from "../../backends/presence.ts";
import type { Replica } from "../../model.ts";
import { isEnough, type Placement, placementOf } from "./placement.ts";

export interface CopyRules {
  readonly fleet: Fleet;
  readonly isPresent: IsPresent;
  /** Good copies a blob should have. */
  readonly copies: number;
}

/** Where the good copies stand. */
export function goodCopies({ fleet, isPresent }: CopyRules, replicas: readonly Replica[]): readonly Placement[] {
  return replicas.flatMap(({ backend, state }) => {
    const member = fleet.get(backend);
    return state === "verified" && member !== undefined && isPresent(backend) ? [placementOf(member)] : [];
  });
}

/** Are these good copies as many as there should be? */
export function areEnough(rules: CopyRules, good: readonly Placement[]): boolean {
  return isEnough(good, rules.copies, regionsOf(present(rules)));
}

/** Are they as many as there can be while the fleet is as it is? */
export function areAllThatCanBe(rules: CopyRules, good: readonly Placement[]): boolean {
  const places = present(rules);
  return isEnough(good, Math.min(rules.copies, places.length), regionsOf(places));
}

function present({ fleet, isPresent }: CopyRules): readonly Placement[] {
  return fleet
    .members()
    .map(placementOf)
    .filter(({ name }) => isPresent(name));
}

function regionsOf(placements: readonly Placement[]): number {
  return new Set(placements.map(({ region }) => region)).size;
}
