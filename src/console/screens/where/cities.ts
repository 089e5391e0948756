/** Cities to pretend to be in. Degrees, north and east positive. */
import type { Coordinates } from "./earth.ts";

export interface City extends Coordinates {
  readonly name: string;
}

export const CITIES: readonly City[] = [
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
