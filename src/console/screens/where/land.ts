/** The world's land, from Natural Earth, as one shape. */
import { feature } from "topojson-client";
import atlas from "world-atlas/land-110m.json";

export const land = feature(atlas, atlas.objects.land);
