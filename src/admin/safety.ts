/**
 * Is it safe to lose a backend now? Pure: from the sets of backends that hold blobs, and from what is known of each
 * backend, to exact figures. A copy that is far away, lost, outside of the blob's regions or on a backend that is being
 * emptied protects nothing.
 */
import { isEnough } from "../blobs/replicas/placement.ts";
import { type Amount, type HolderSet, sum } from "../metadata/holders.ts";
import { type CopyRule, copiesOf, mayStandIn, spreadOf } from "../wanted.ts";

/** What is known of one backend at the moment. */
export interface BackendPlace {
  readonly name: string;
  readonly region: string;
  /** It answers and is the right one: what stands there can be read. */
  readonly inPlace: boolean;
  /** It is in use, and not being emptied. */
  readonly attached: boolean;
  /** Its copies count as good ones: attached, and in place now or until a short while ago. */
  readonly present: boolean;
}

/**
 * safe: any one backend may be lost. at-risk: some blobs have one copy to be read. unreadable: some have none, and come
 * back with their backends. lost: some have no copy anywhere.
 */
export type Verdict = "safe" | "at-risk" | "unreadable" | "lost";

export interface BackendSafety {
  readonly name: string;
  /** Blobs of which it holds a verified replica, and their bytes. */
  readonly replicas: number;
  readonly bytes: number;
  /** What would be lost with it: no other backend that is in place holds a good copy. */
  readonly onlyHere: Amount;
}

export interface Safety {
  readonly verdict: Verdict;
  /** Everything that objects refer to. */
  readonly stored: Amount;
  /** Fewer than two good copies are in place; includes the two below. */
  readonly atRisk: Amount;
  /** No copy that may be read is in place. */
  readonly unreadable: Amount;
  /** No backend holds a verified replica. */
  readonly lost: Amount;
  /** Fewer good copies than there should be, or all in one region. */
  readonly underReplicated: Amount;
  /** In the order given, then those that the database alone names. */
  readonly backends: readonly BackendSafety[];
}

export function judgeSafety(sets: readonly HolderSet[], places: readonly BackendPlace[], rule: CopyRule): Safety {
  const named = new Set([...places.map(({ name }) => name), ...sets.flatMap(({ backends }) => backends)]);
  const inPlace = namesOf(places.filter((place) => place.inPlace));
  const good = namesOf(places.filter((place) => place.inPlace && place.attached));
  const isShort = shortage(places, rule);
  const insideOf = insideHolders(places);
  const total = (isIn: (backends: readonly string[], inside: readonly string[]) => boolean) =>
    sum(sets.filter((set) => isIn(set.backends, insideOf(set))));
  const atRisk = total((_, inside) => inside.filter((name) => good.has(name)).length < 2);
  // Those outside are read where none is inside.
  const unreadable = total(
    (backends, inside) => !(inside.length > 0 ? inside : backends).some((name) => inPlace.has(name)),
  );
  const lost = total((backends) => backends.length === 0);
  const backends = [...named].map((name) => {
    const { blobs: replicas, bytes } = total((holders) => holders.includes(name));
    const isOnlyHere = (holders: readonly string[], inside: readonly string[]) =>
      holders.includes(name) && !inside.some((other) => other !== name && good.has(other));
    return { name, replicas, bytes, onlyHere: total(isOnlyHere) };
  });
  const verdict = lost.blobs > 0 ? "lost" : unreadable.blobs > 0 ? "unreadable" : atRisk.blobs > 0 ? "at-risk" : "safe";
  return { verdict, stored: sum(sets), atRisk, unreadable, lost, underReplicated: sum(sets.filter(isShort)), backends };
}

/** The holders in regions where the blobs may stand: a copy elsewhere is read only while there is none of these. */
function insideHolders(places: readonly BackendPlace[]): (set: HolderSet) => readonly string[] {
  const regions = new Map(places.map(({ name, region }) => [name, region]));
  return ({ backends, wanted }) =>
    wanted?.regions === undefined ? backends : backends.filter((name) => mayStandIn(regions.get(name) ?? "", wanted));
}

/** Have blobs fewer good copies than they should, or all in one region where they may stand in two? */
export function shortage(places: readonly BackendPlace[], rule: CopyRule): (set: HolderSet) => boolean {
  const present = places.filter((place) => place.present).map((place) => ({ ...place, capacity: 1 }));
  return ({ backends, wanted }) => {
    const allowed = present.filter(({ region }) => mayStandIn(region, wanted));
    const regions = new Set(allowed.map(({ region }) => region)).size;
    const good = allowed.filter(({ name }) => backends.includes(name));
    return !isEnough(good, copiesOf(rule, wanted), regions, spreadOf(rule, wanted));
  };
}

function namesOf(places: readonly BackendPlace[]): ReadonlySet<string> {
  return new Set(places.map(({ name }) => name));
}
