/** The demo's regions: five cities, in the order in which a smaller demo takes them. */
import type { GatewayConfigInput } from "../config/schema.ts";

type Region = GatewayConfigInput["regions"][number];

const newYork: Region = { name: "new-york", latitude: 40.71, longitude: -74.01 };
const toronto: Region = { name: "toronto", latitude: 43.65, longitude: -79.38 };
const singapore: Region = { name: "singapore", latitude: 1.35, longitude: 103.82 };
const bangalore: Region = { name: "bangalore", latitude: 12.97, longitude: 77.59 };
const amsterdam: Region = { name: "amsterdam", latitude: 52.37, longitude: 4.9 };

export const nodePlaces: readonly Region[] = [newYork, toronto, singapore, bangalore, amsterdam];
export const minioPlaces: readonly Region[] = [amsterdam, toronto, singapore, bangalore, newYork];
