/**
 * Which replica is closest: pure. A mapped region first, then great-circle distance in steps, then latency in steps,
 * then what a read costs, then a weighted draw; the steps keep equals equal, so that a draw shares the load among them.
 * Latency is held against the quickest at the same distance: there is no limit around which two that are nearly equal
 * would differ. For the gateway itself latency goes first.
 */
import type { Coordinates, Region } from "../model.ts";

export interface Candidate {
  readonly name: string;
  readonly region: string;
  readonly coordinates: Coordinates;
  /** Undefined until measured. */
  readonly latencyMs: number | undefined;
  /** Of a byte that is read there, in any unit that all share. */
  readonly egressCost: number;
  /** Weight in the draw. */
  readonly capacity: number;
}

export interface Place {
  /** By the client map: replicas there come first. */
  readonly region: string | undefined;
  /** The client's, its country's, or the mapped region's. Undefined: not known where the client is. */
  readonly coordinates: Coordinates | undefined;
  /** By what it is known: a trusted peer's claim, the client map, or data about its address. */
  readonly source: "claimed" | "client-map" | "city" | "country" | undefined;
  /** ISO 3166-1 alpha-2, where data about its address tell. */
  readonly country: string | undefined;
}

export const NOWHERE: Place = { region: undefined, coordinates: undefined, source: undefined, country: undefined };

/** What of a place counts here. */
type Where = Pick<Place, "region" | "coordinates">;

/** How candidates are set apart. */
export interface Scale {
  /** Latencies that differ by less are equal; of longer ones, each doubling is a step. */
  readonly similarMs: number;
  readonly countsCost: boolean;
  /** Before latency and cost; else it sets apart only those that are alike in both. */
  readonly isDistanceFirst: boolean;
}

/** For clients whose place is known. */
export const FROM_A_PLACE: Scale = { similarMs: 10, countsCost: true, isDistanceFirst: true };
/**
 * For clients that may be anywhere. What no distance explains sets candidates apart, since a packet is around the earth
 * in less; else a draw spreads them.
 */
export const FROM_ANYWHERE: Scale = { similarMs: 500, countsCost: false, isDistanceFirst: true };
/** For the gateway, which measures how far they are from itself: the bytes come through it, wherever the client is. */
export const FROM_THE_GATEWAY: Scale = { similarMs: 10, countsCost: true, isDistanceFirst: false };

const DISTANCE_STEP_KM = 250;
const EARTH_RADIUS_KM = 6371;

/** The candidates, closest first. `random` returns 0 <= n < 1. */
export function orderByProximity<C extends Candidate>(
  candidates: readonly C[],
  place: Where,
  random: () => number,
  scale = FROM_A_PLACE,
): readonly C[] {
  if (candidates.length < 2) return candidates;
  const entries = measure(candidates, place, random, scale);
  entries.sort((a, b) => compare(a, b, scale) || a.draw - b.draw);
  return entries.map(({ candidate }) => candidate);
}

/** Names, closest first: a mapped region, then by distance. Empty: nobody knows where the client is. */
export function orderRegions(regions: readonly Region[], { region: mapped, coordinates }: Place): readonly string[] {
  if (coordinates === undefined) return [];
  const distance = (region: Region) => (region.name === mapped ? -1 : distanceKm(coordinates, region));
  return [...regions].sort((a, b) => distance(a) - distance(b)).map(({ name }) => name);
}

/** Those that only a draw sets apart from `one`, itself included. */
export function equallyClose<C extends Candidate>(
  candidates: readonly C[],
  one: C,
  place: Where,
  scale = FROM_A_PLACE,
): readonly C[] {
  const entries = measure(candidates, place, () => 0, scale);
  const own = entries.find(({ candidate }) => candidate === one);
  return entries.flatMap((entry) => (own !== undefined && compare(entry, own, scale) === 0 ? [entry.candidate] : []));
}

/** 0: only a draw sets them apart. */
function compare<C extends Candidate>(a: Entry<C>, b: Entry<C>, { isDistanceFirst }: Scale): number {
  const nearer = a.distance - b.distance;
  return (isDistanceFirst && nearer) || a.steps - b.steps || a.cost - b.cost || nearer;
}

interface Entry<C> {
  readonly candidate: C;
  readonly distance: number;
  readonly latency: number;
  steps: number;
  readonly cost: number;
  readonly draw: number;
}

function measure<C extends Candidate>(
  candidates: readonly C[],
  place: Where,
  random: () => number,
  { similarMs, countsCost, isDistanceFirst }: Scale,
): Entry<C>[] {
  // This is on the path of every read: the entries are filled in place.
  const entries = candidates.map((candidate) => ({
    candidate,
    distance: distanceSteps(candidate, place),
    latency: (candidate.latencyMs ?? 0) + similarMs,
    steps: 0,
    cost: countsCost ? candidate.egressCost : 0,
    draw: drawKey(candidate.capacity, random),
  }));
  for (const entry of entries) {
    let quickest = entry.latency;
    for (const { distance, latency } of entries)
      if ((distance === entry.distance || !isDistanceFirst) && latency < quickest) quickest = latency;
    entry.steps = Math.floor(Math.log2(entry.latency / quickest));
  }
  return entries;
}

function distanceSteps(candidate: Candidate, { region, coordinates }: Where): number {
  if (coordinates === undefined) return 0;
  return region === candidate.region
    ? -1
    : Math.floor(distanceKm(coordinates, candidate.coordinates) / DISTANCE_STEP_KM);
}

/** Exponential draws: the smallest one falls on each candidate with a chance proportional to its weight. */
function drawKey(weight: number, random: () => number): number {
  return -Math.log(1 - random()) / Math.max(weight, Number.MIN_VALUE);
}

/** Along a great circle. */
export function distanceKm(from: Coordinates, to: Coordinates): number {
  const latitude = radians(to.latitude - from.latitude) / 2;
  const longitude = radians(to.longitude - from.longitude) / 2;
  const chord =
    Math.sin(latitude) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(longitude) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
