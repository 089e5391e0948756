/** The package's version. Its package.json stands one directory up from the source and from the build. */
import { readFileSync } from "node:fs";

const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const packageVersion = (JSON.parse(manifest) as { readonly version: string }).version;
