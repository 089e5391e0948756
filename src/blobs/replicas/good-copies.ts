/**
 * The one definition of a good copy: a verified replica on a backend that counts (`Fleet.isPresent`), in a region where
 * the blob may stand. Good copies are enough only in two regions, if backends in two regions count.
 */
import type { Fleet } from "../../backends/fleet.ts";
import type { KnownContent } from "../../metadata/stored-content.ts";
import type { Blob, Replica } from "../../model.ts";
import { type CopyRule, copiesOf, mayStandIn, spreadOf, type Wanted } from "../../wanted.ts";
import { isEnough, type Placement, placementOf } from "./placement.ts";

export interface CopyRules extends CopyRule {
  readonly fleet: Fleet;
}

/** The places of the good copies. */
export function goodCopies(
  { fleet }: CopyRules,
  { replicas, wanted }: { readonly replicas: readonly Replica[]; readonly wanted?: Wanted },
): readonly Placement[] {
  return replicas.flatMap(({ backend, state }) => {
    const member = fleet.get(backend);
    const isGood = state === "verified" && member !== undefined && fleet.isPresent(backend);
    return isGood && mayStandIn(member.region.name, wanted) ? [placementOf(member)] : [];
  });
}

/** Are there as many good copies as there should be? */
export function areEnough(rules: CopyRules, good: readonly Placement[], wanted: Wanted | undefined): boolean {
  const copies = copiesOf(rules, wanted);
  if (good.length < copies) return false;
  const spread = spreadOf(rules, wanted);
  // The usual case, which needs no look at the backends.
  return regionsOf(good) >= spread || isEnough(good, copies, regionsOf(present(rules, wanted)), spread);
}

/** Are there as many good copies as possible with the backends as they are? */
export function areAllThatCanBe(rules: CopyRules, good: readonly Placement[], wanted: Wanted | undefined): boolean {
  const places = present(rules, wanted);
  const copies = Math.min(copiesOf(rules, wanted), places.length);
  return isEnough(good, copies, regionsOf(places), spreadOf(rules, wanted));
}

/** The blob as content that an object can refer to that wants it in as many copies. */
export function knownFor(rules: CopyRules, blob: Blob, wanted: Wanted | undefined): KnownContent {
  const { id: blobId, size, etag } = blob;
  const [asked, had] = [copiesOf(rules, wanted), copiesOf(rules, blob.wanted)];
  const isShort = !areAllThatCanBe(
    rules,
    goodCopies(rules, blob),
    asked > had ? { ...blob.wanted, copies: asked } : blob.wanted,
  );
  // A wish of its own stays when the gateway's rule changes, so it is recorded also where the two agree now.
  const isOwn = wanted?.copies !== undefined && asked === had && asked > (blob.wanted?.copies ?? 0);
  return { kind: "known", blobId, size, etag, isShort, ...((asked > had || isOwn) && { copies: asked }) };
}

function present({ fleet }: CopyRules, wanted: Wanted | undefined): readonly Placement[] {
  return fleet
    .members()
    .map(placementOf)
    .filter(({ name, region }) => fleet.isPresent(name) && mayStandIn(region, wanted));
}

function regionsOf(placements: readonly Placement[]): number {
  return new Set(placements.map(({ region }) => region)).size;
}
