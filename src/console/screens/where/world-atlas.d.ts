/** The compiler would read the file's shape from its letters, in which a tuple is a list and a word any text. */
declare module "world-atlas/land-110m.json" {
  import type { GeometryCollection, Topology } from "topojson-specification";

  const atlas: Topology<{ readonly land: GeometryCollection }>;
  // biome-ignore lint/style/noDefaultExport: JSON has no other
  export default atlas;
}
