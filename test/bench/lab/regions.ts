/**
 * The lab's five regions, how far they are from each other, and how fast their lines are. All that is modelled and not
 * measured stands here; docs/lab.md tells where the figures come from.
 */
import { nodePlaces } from "../../../src/cli/demo-places.ts";
import { distanceKm } from "../../../src/delivery/proximity.ts";

export interface LabRegion {
  readonly name: string;
  readonly title: string;
  readonly latitude: number;
  readonly longitude: number;
  /** From 1: the third number of its addresses. */
  readonly number: number;
}

export const regions: readonly LabRegion[] = nodePlaces.map((place, index) => ({
  ...place,
  title: place.name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" "),
  number: index + 1,
}));

/** Light in fibre: two thirds of c. */
const FIBRE_KM_PER_MS = 200;
/** How much longer the way is than the great circle. */
const ROUTE_FACTOR = 1.5;
/** Between a client and a server of the same city. */
const NEAR_RTT_MS = 2;
/** What TCP may have in flight: a Linux server's largest send buffer. */
export const WINDOW_BYTES = 4 * 1024 ** 2;
/** The initial window of RFC 6928: ten segments. */
export const INITIAL_WINDOW_BYTES = 10 * 1460;
export const SERVER_MBIT = 1000;
export const CLIENT_MBIT = 200;

/** There and back. Between a region and the machine that runs the lab (undefined): nothing. */
export function rttMs(from: LabRegion | undefined, to: LabRegion): number {
  if (from === undefined) return 0;
  if (from.name === to.name) return NEAR_RTT_MS;
  return Math.max(NEAR_RTT_MS, ((2 * distanceKm(from, to)) / FIBRE_KM_PER_MS) * ROUTE_FACTOR);
}

/** The region of this name. Throws when there is none. */
export function regionOf(name: string): LabRegion {
  const found = regions.find((region) => region.name === name);
  if (found === undefined) throw new Error(`no region ${name}`);
  return found;
}
