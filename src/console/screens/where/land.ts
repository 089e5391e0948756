/** The world's land, from Natural Earth, as one shape. */
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/land-110m.json";

const topology = atlas as unknown as Topology<{ land: GeometryCollection }>;

export const land = feature(topology, topology.objects.land);
