// The map's geometry, which draws nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arcOf, formatCoordinates, moved, openSheet, SHAPE } from "../../../src/console/screens/where/earth.ts";

const latitude = fc.double({ min: -57, max: 89, noNaN: true });
const longitude = fc.double({ min: -179, max: 179, noNaN: true });

describe("the sheet", () => {
  it("finds each place again from its point, at every width", () => {
    fc.assert(
      fc.property(fc.record({ latitude, longitude }), fc.integer({ min: 300, max: 2000 }), (place, width) => {
        const sheet = openSheet(width);
        const found = sheet.coordinatesAt(sheet.pointOf(place));
        expect(found?.latitude).toBeCloseTo(place.latitude, 1);
        expect(found?.longitude).toBeCloseTo(place.longitude, 1);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps its shape, with north above and west at the left", () => {
    const sheet = openSheet(700);
    expect(sheet.width / sheet.height).toBeCloseTo(SHAPE, 6);
    const [london, sydney] = [
      { latitude: 51.5, longitude: 0 },
      { latitude: -33.9, longitude: 151.2 },
    ].map(sheet.pointOf);
    expect(london?.y).toBeLessThan(sydney?.y ?? 0);
    expect(london?.x).toBeCloseTo(350, 6);
    expect(sydney?.x).toBeGreaterThan(350);
  });

  it("knows no place beside the earth", () => {
    const sheet = openSheet(700);
    expect(sheet.coordinatesAt({ x: 0, y: 0 })).toBeUndefined();
    expect(sheet.coordinatesAt({ x: 700, y: 1 })).toBeUndefined();
    expect(sheet.coordinatesAt({ x: 350, y: 150 })).toBeDefined();
  });
});

describe("an arc", () => {
  it("goes the shortest way: from London to Tokyo it passes the far north", () => {
    const { coordinates } = arcOf({ latitude: 51.5, longitude: 0 }, { latitude: 35.7, longitude: 139.7 });
    expect(coordinates[0]?.[1]).toBeCloseTo(51.5, 6);
    expect(coordinates.at(-1)?.[0]).toBeCloseTo(139.7, 6);
    expect(Math.max(...coordinates.map(([, north]) => north ?? 0))).toBeGreaterThan(65);
  });

  it("is cut where the sheet ends, over the Pacific", () => {
    const arc = arcOf({ latitude: 35.7, longitude: 139.7 }, { latitude: 37.8, longitude: -122.4 });
    expect(openSheet(700).pathOf(arc).match(/M/g)).toHaveLength(2);
  });
});

it("a step goes around the earth to the east and west, and no further than the poles", () => {
  expect(moved({ latitude: 88, longitude: 178 }, { latitude: 5, longitude: 5 })).toEqual({
    latitude: 90,
    longitude: -177,
  });
  expect(moved({ latitude: -88, longitude: -178 }, { latitude: -5, longitude: -5 })).toEqual({
    latitude: -90,
    longitude: 177,
  });
});

it("coordinates are written with their directions", () => {
  expect(formatCoordinates({ latitude: 52.37, longitude: 4.9 })).toBe("52.37° N, 4.90° E");
  expect(formatCoordinates({ latitude: -33.87, longitude: -70.5 })).toBe("33.87° S, 70.50° W");
});
