/** Places to pretend to be in: the regions of the fleet, and cities around the world. Pure. */
import { type Coordinates, kmBetween } from "./earth.ts";

interface City extends Coordinates {
  readonly name: string;
}

interface PlaceToBe extends City {
  /** Tells a region from a city of the same name. */
  readonly value: string;
}

/** Whoever is so close to a region is in it. */
const SAME_CITY_KM = 60;

/** A city where a region stands is not named twice. */
export function placesToBe(regions: ReadonlyMap<string, Coordinates>) {
  const own = [...regions].map(([name, at]) => ({ ...at, name, value: `region ${name}` }));
  const others = CITIES.filter((city) => own.every((region) => kmBetween(city, region) > SAME_CITY_KM));
  const groups: readonly { readonly title: string; readonly places: readonly PlaceToBe[] }[] = [
    { title: "Regions", places: own },
    {
      title: own.length === 0 ? "Cities" : "Other cities",
      places: others.map((city) => ({ ...city, value: `city ${city.name}` })),
    },
  ];
  return groups.filter(({ places }) => places.length > 0);
}

const CITIES: readonly City[] = [
  { name: "Amsterdam", latitude: 52.37, longitude: 4.9 },
  { name: "Bangalore", latitude: 12.97, longitude: 77.59 },
  { name: "Buenos Aires", latitude: -34.6, longitude: -58.38 },
  { name: "Cairo", latitude: 30.04, longitude: 31.24 },
  { name: "Chicago", latitude: 41.88, longitude: -87.63 },
  { name: "Dubai", latitude: 25.2, longitude: 55.27 },
  { name: "Frankfurt", latitude: 50.11, longitude: 8.68 },
  { name: "Hong Kong", latitude: 22.32, longitude: 114.17 },
  { name: "Istanbul", latitude: 41.01, longitude: 28.98 },
  { name: "Johannesburg", latitude: -26.2, longitude: 28.05 },
  { name: "Lagos", latitude: 6.52, longitude: 3.38 },
  { name: "London", latitude: 51.51, longitude: -0.13 },
  { name: "Los Angeles", latitude: 34.05, longitude: -118.24 },
  { name: "Mexico City", latitude: 19.43, longitude: -99.13 },
  { name: "New York", latitude: 40.71, longitude: -74.01 },
  { name: "São Paulo", latitude: -23.55, longitude: -46.63 },
  { name: "Seoul", latitude: 37.57, longitude: 126.98 },
  { name: "Singapore", latitude: 1.35, longitude: 103.82 },
  { name: "Sydney", latitude: -33.87, longitude: 151.21 },
  { name: "Tokyo", latitude: 35.68, longitude: 139.69 },
];
