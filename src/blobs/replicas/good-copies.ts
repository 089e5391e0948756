/**
 * The one definition of a good copy: a verified replica on a backend that counts (`Fleet.isPresent`). Good
 * copies are enough only in two regions, if backends in two regions count.
 */
import type { Fleet } from "../../backends/fleet.ts";
import type { Blob, KnownContent, Replica } from "../../model.ts";
import { isEnough, type Placement, placementOf } from "./placement.ts";

export interface CopyRules {
  readonly fleet: Fleet;
  /** Good copies a blob should have. */
  readonly copies: number;
}

/** The places of the good copies. */
export function goodCopies({ fleet }: CopyRules, replicas: readonly Replica[]): readonly Placement[] {
  return replicas.flatMap(({ backend, state }) => {
    const member = fleet.get(backend);
    return state === "verified" && member !== undefined && fleet.isPresent(backend) ? [placementOf(member)] : [];
  });
}

/** Are there as many good copies as there should be? */
export function areEnough(rules: CopyRules, good: readonly Placement[]): boolean {
  if (good.length < rules.copies) return false;
  // The usual case, which needs no look at the backends.
  return regionsOf(good) > 1 || isEnough(good, rules.copies, regionsOf(present(rules)));
}

/** Are there as many good copies as possible with the backends as they are? */
export function areAllThatCanBe(rules: CopyRules, good: readonly Placement[]): boolean {
  const places = present(rules);
  return isEnough(good, Math.min(rules.copies, places.length), regionsOf(places));
}

/** The blob as content that an object can refer to. */
export function knownContent(rules: CopyRules, { id: blobId, size, etag, replicas }: Blob): KnownContent {
  return { kind: "known", blobId, size, etag, isShort: !areAllThatCanBe(rules, goodCopies(rules, replicas)) };
}

function present({ fleet }: CopyRules): readonly Placement[] {
  return fleet
    .members()
    .map(placementOf)
    .filter(({ name }) => fleet.isPresent(name));
}

function regionsOf(placements: readonly Placement[]): number {
  return new Set(placements.map(({ region }) => region)).size;
}
