/** The backends as the map and its table show them: how they stand, and what they have to do with the object. Pure. */
import type { Explanation } from "../../../contract/explain.ts";
import type { BackendStatusDocument } from "../../../contract/status.ts";
import { type Standing, standingOf } from "../fleet/standing.ts";
import type { Coordinates } from "./earth.ts";

export interface Place {
  readonly backend: string;
  readonly region: string | undefined;
  readonly coordinates: Coordinates | undefined;
  /** Undefined: this account is not told. */
  readonly standing: Standing | undefined;
  /** Undefined: it holds no copy that could be read. */
  readonly copy: Explanation["replicas"][number] | undefined;
  /** The client would read from it. */
  readonly isChosen: boolean;
}

/** `backends`: undefined where the account may not see the fleet; then those with a copy are all there is. */
export function placesOf(
  backends: readonly BackendStatusDocument[] | undefined,
  explained: Pick<Explanation, "replicas" | "answer"> | undefined,
): readonly Place[] {
  const { replicas = [], answer } = explained ?? {};
  const known = (backends ?? []).map((backend): Place => {
    const { name, region, coordinates } = backend;
    const copy = replicas.find((replica) => replica.backend === name);
    const isChosen = answer?.backend === name;
    return { backend: name, region, coordinates, standing: standingOf(backend), copy, isChosen };
  });
  const others = replicas.filter(({ backend }) => !known.some((place) => place.backend === backend));
  return [
    ...known,
    ...others.map((copy): Place => {
      const { backend, region, coordinates } = copy;
      return { backend, region, coordinates, standing: undefined, copy, isChosen: answer?.backend === backend };
    }),
  ];
}

/** Backends that stand at the same place: they are drawn side by side. */
export function groupPlaces(places: readonly Place[]): readonly (readonly Place[])[] {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    if (place.coordinates === undefined) continue;
    const at = `${place.coordinates.latitude} ${place.coordinates.longitude}`;
    groups.set(at, [...(groups.get(at) ?? []), place]);
  }
  return [...groups.values()];
}

/** What the answer says in a line. */
export function answerWords({ answer }: Pick<Explanation, "answer">): string {
  if (answer.backend === undefined) return "No copy can be read now";
  return answer.kind === "redirect"
    ? `Sent to ${answer.backend} by a redirect`
    : `Read from ${answer.backend}, through the gateway`;
}

const distances = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function formatKm(km: number | undefined): string {
  return km === undefined ? "not known" : `${distances.format(km)} km`;
}

export function formatMs(ms: number | undefined): string {
  return ms === undefined ? "not known" : `${distances.format(ms)} ms`;
}
