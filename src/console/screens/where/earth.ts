/** The earth on a sheet: Natural Earth's projection, cut off in the south, where nobody lives. Pure. */
import { type GeoPermissibleObjects, geoDistance, geoInterpolate, geoNaturalEarth1, geoPath } from "d3-geo";

/** Degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Pixels from the sheet's upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** As SVG writes paths. */
  pathOf(shape: GeoPermissibleObjects): string;
  pointOf(at: Coordinates): Point;
  /** Undefined: the point lies beside the earth. */
  coordinatesAt(point: Point): Coordinates | undefined;
}

const RADIUS_KM = 6371;
const NORTH = 90;
const SOUTH = -58;
/** Of the width, free above the pole: the shortest ways between far places lead along it. */
const ABOVE_POLE = 0.012;
/** Of an arc: enough that its bend is smooth. */
const STEPS = 48;

export function openSheet(width: number): Sheet {
  const projection = geoNaturalEarth1().fitWidth(width, { type: "Sphere" });
  const [left, top] = projection.translate();
  const pointOf = ({ latitude, longitude }: Coordinates): Point => {
    const [x, y] = projection([longitude, latitude]) ?? [0, 0];
    return { x, y };
  };
  projection.translate([left, top - pointOf({ latitude: NORTH, longitude: 0 }).y + ABOVE_POLE * width]);
  const path = geoPath(projection).digits(1);
  return {
    width,
    height: pointOf({ latitude: SOUTH, longitude: 0 }).y,
    pathOf: (shape) => path(shape) ?? "",
    pointOf,
    coordinatesAt({ x, y }) {
      const [longitude, latitude] = projection.invert?.([x, y]) ?? [Number.NaN, Number.NaN];
      if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
      // The inverse finds something for every point: only on the earth does it lead back.
      const back = pointOf({ latitude, longitude });
      const isOnEarth = Math.hypot(back.x - x, back.y - y) < 1;
      return isOnEarth ? { latitude: hundredths(latitude), longitude: hundredths(longitude) } : undefined;
    },
  };
}

const sample = openSheet(1000);
/** Width by height of every sheet, so that its room is there before it is. */
export const SHAPE = sample.width / sample.height;

/** The shortest way from one place to another. */
export function arcOf(from: Coordinates, to: Coordinates) {
  const between = geoInterpolate([from.longitude, from.latitude], [to.longitude, to.latitude]);
  const coordinates = Array.from({ length: STEPS + 1 }, (_, step) => between(step / STEPS));
  return { type: "LineString" as const, coordinates };
}

/** Along the surface. */
export function kmBetween(a: Coordinates, b: Coordinates): number {
  return geoDistance([a.longitude, a.latitude], [b.longitude, b.latitude]) * RADIUS_KM;
}

/** Kept on the earth: around the world to the east and west, not over the poles. */
export function moved(from: Coordinates, by: Coordinates): Coordinates {
  const latitude = Math.max(-90, Math.min(90, from.latitude + by.latitude));
  const longitude = ((((from.longitude + by.longitude + 180) % 360) + 360) % 360) - 180;
  return { latitude: hundredths(latitude), longitude: hundredths(longitude) };
}

/** `52.37° N, 4.90° E`. */
export function formatCoordinates({ latitude, longitude }: Coordinates): string {
  const north = `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? "S" : "N"}`;
  return `${north}, ${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? "W" : "E"}`;
}

function hundredths(degrees: number): number {
  return Math.round(degrees * 100) / 100;
}
