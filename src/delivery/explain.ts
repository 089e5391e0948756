/**
 * A decision told step by step: what was known of the client, the copies as they were ranked, and each rule that was
 * asked. It says what was found and decides nothing.
 */
import type { Fleet } from "../backends/fleet.ts";
import type { Blob, Coordinates, Replica } from "../model.ts";
import { mayStandIn, type Wanted } from "../wanted.ts";
import { OBSTACLE_WORDS, type Obstacle } from "./obstacles.ts";
import type { Step } from "./policy.ts";
import { distanceKm, equallyClose, type Place, type Scale } from "./proximity.ts";
import type { RankedReplica } from "./ranking.ts";

export interface Explanation {
  /** Undefined: not known where the client is. */
  readonly region: string | undefined;
  readonly coordinates: Coordinates | undefined;
  /** By what that is known. */
  readonly source: Place["source"];
  readonly country: string | undefined;
  readonly family: string;
  /** In the order in which they are read. */
  readonly replicas: readonly ExplainedReplica[];
  /** Those that are not read at all. */
  readonly left: readonly { readonly backend: string; readonly why: string }[];
  readonly answer: {
    readonly kind: "redirect" | "proxy";
    /** Undefined: no replica can be read now. */
    readonly backend: string | undefined;
    readonly rule: string;
    readonly because: string;
  };
  readonly steps: readonly Step[];
}

interface ExplainedReplica {
  readonly backend: string;
  readonly region: string;
  readonly coordinates: Coordinates;
  readonly distanceKm: number | undefined;
  readonly latencyMs: number | undefined;
  /** Undefined: the client may be sent there. */
  readonly notRedirectable: string | undefined;
}

/** What was found on the way to the answer. */
export interface Decided {
  readonly place: Place;
  readonly family: string;
  readonly blob: Pick<Blob, "replicas" | "wanted">;
  readonly ranked: readonly RankedReplica[];
  readonly scale: Scale;
  readonly obstacle: (replica: RankedReplica) => Obstacle | undefined;
  /** The replica to be redirected to; undefined: the gateway streams. */
  readonly sentTo: RankedReplica | undefined;
  readonly steps: readonly Step[];
}

export function explanationOf(decided: Decided, fleet: Pick<Fleet, "get">): Explanation {
  const { place, ranked, blob, sentTo, steps, obstacle } = decided;
  const first = sentTo ?? ranked.find(({ member }) => member.up);
  const last = steps.at(-1);
  return {
    region: place.region,
    coordinates: plain(place.coordinates),
    source: place.source,
    country: place.country,
    family: decided.family,
    replicas: ranked.map((replica) => ({
      backend: replica.name,
      region: replica.region,
      coordinates: { latitude: replica.coordinates.latitude, longitude: replica.coordinates.longitude },
      distanceKm: place.coordinates && tenths(distanceKm(place.coordinates, replica.coordinates)),
      latencyMs: tenths(replica.latencyMs),
      notRedirectable: wordsFor(obstacle(replica)),
    })),
    left: blob.replicas.flatMap((replica) => leftOut(replica, blob.wanted, fleet)),
    answer: {
      kind: sentTo === undefined ? "proxy" : "redirect",
      backend: first?.name,
      rule: last?.rule ?? "",
      because: (last?.why ?? "") + (first === undefined ? unranked(decided, fleet) : drawn(first, decided)),
    },
    steps,
  };
}

/** A region is more than its coordinates. */
function plain(at: Coordinates | undefined): Coordinates | undefined {
  return at && { latitude: at.latitude, longitude: at.longitude };
}

function tenths(value: number): number;
function tenths(value: number | undefined): number | undefined;
function tenths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

/** What the gateway does where it could send nobody anywhere, and prefers no copy itself. */
function unranked({ blob, ranked }: Decided, fleet: Pick<Fleet, "get">): string {
  const readable = blob.replicas.filter(({ state }) => state === "verified" || state === "reader");
  const outside = readable.filter(({ backend }) => ranked.length === 0 && fleet.get(backend)?.up);
  if (outside.length === 0) return "; no copy can be read now";
  const names = outside.map(({ backend }) => backend).join(" or ");
  return `; no copy is in the object's regions: the gateway reads ${names}, and sends nobody there`;
}

function wordsFor(obstacle: Obstacle | undefined): string | undefined {
  return obstacle && OBSTACLE_WORDS[obstacle];
}

function leftOut(
  { backend, state }: Replica,
  wanted: Wanted | undefined,
  fleet: Pick<Fleet, "get">,
): Explanation["left"] {
  if (state === "lost") return [{ backend, why: "its copy is lost: absent, short, corrupt or no longer needed" }];
  if (state === "deleting") return [{ backend, why: "its copy is being deleted" }];
  const member = fleet.get(backend);
  if (member === undefined) return [{ backend, why: "no backend of this gateway has that name" }];
  const within = wanted?.regions?.join(", ");
  if (mayStandIn(member.region.name, wanted)) return [];
  return [{ backend, why: `its copy is outside of the object's regions: ${within}` }];
}

/** Says so when equally close copies were drawn lots for: asked again, the answer may name another. */
function drawn(first: RankedReplica, { ranked, place, scale, obstacle, sentTo }: Decided): string {
  const alike = ranked.filter((other) => isRankedAlike(first, other));
  const equals = equallyClose(alike, first, place, scale).filter(
    (other) => sentTo === undefined || obstacle(other) === undefined,
  );
  if (equals.length < 2) return "";
  const names = equals.map(({ name }) => name).sort();
  return `; ${names.join(" and ")} are equally close, and ${first.name} was drawn at random`;
}

/** Only those of one kind, which are ranked against each other, are drawn lots for. */
function isRankedAlike(first: RankedReplica, other: RankedReplica): boolean {
  const [one, two] = [first.member, other.member];
  const isSteady = one.up && two.up && one.reads.state === "closed" && two.reads.state === "closed";
  return first === other || (isSteady && one.draining === two.draining);
}
