/** What `nearbucket init` is told of each store, from a file or by questions, with what it proposes. */
import { basename } from "node:path";
import { z } from "zod";
import { nodePlaces } from "./demo-places.ts";
import type { Terminal } from "./terminal.ts";

const place = {
  /** Of the backend and, unless given, of its region. */
  name: z.string().optional(),
  region: z.string().optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
};

const service = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }),
  bucket: z.string().min(1).default("blobs"),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  /** A nearbucket node, not another S3 service. */
  node: z.boolean().default(false),
  ...place,
});

const disk = z.strictObject({ directory: z.string().min(1), ...place });

export const answers = z.strictObject({
  stores: z.array(z.union([service, disk])).min(2),
  port: z.int().min(0).max(65_535).default(9000),
});

type Told = z.output<typeof service> | z.output<typeof disk>;

/** With nothing left open. */
export type Store = Told & { readonly name: string; readonly region: string; readonly at: Coordinates };

interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Fills in what was not told. `taken`: names of other stores. */
export function complete(told: Told, taken: readonly string[]): Store {
  const proposed = proposedName("endpoint" in told ? hostLabel(told.endpoint) : basename(told.directory));
  const name = told.name ?? unlike(proposed, taken);
  const region = told.region ?? name;
  const { latitude = 0, longitude = 0 } = told.latitude === undefined ? (knownPlace(region) ?? {}) : told;
  return { ...told, name, region, at: { latitude, longitude } };
}

type Ask = NonNullable<Terminal["ask"]>;

/** Asks for one store. Undefined: there are no more. */
export async function askStore(ask: Ask, taken: readonly string[]): Promise<Store | undefined> {
  const more = taken.length < 2 ? "" : ", or nothing when there are no more";
  const where = await ask(`Store ${taken.length + 1}: the URL of an S3 endpoint, or a directory${more}: `, false);
  if (where === "") return undefined;
  const told: Told = /^https?:/.test(where) ? await askService(ask, where) : { directory: where };
  const first = complete(told, taken);
  const name = (await ask(`  name [${first.name}]: `, false)) || first.name;
  const region = (await ask(`  region [${told.region ?? name}]: `, false)) || name;
  const { at } = complete({ ...told, name, region }, taken);
  const given = await ask(`  where it is, latitude,longitude [${at.latitude},${at.longitude}]: `, false);
  const [latitude = at.latitude, longitude = at.longitude] = given === "" ? [] : given.split(",").map(Number);
  return complete({ ...told, name, region, latitude, longitude }, taken);
}

async function askService(ask: Ask, endpoint: string): Promise<Told> {
  const bucket = (await ask("  bucket [blobs]: ", false)) || "blobs";
  const accessKeyId = await ask("  access key: ", false);
  const secretAccessKey = await ask("  secret key (not shown): ", true);
  const node = /^y/i.test(await ask("  is it a nearbucket node? [n]: ", false));
  return { endpoint, bucket, accessKeyId, secretAccessKey, node };
}

function knownPlace(name: string): Coordinates | undefined {
  return nodePlaces.find((one) => one.name === name);
}

/** Of an address all; of a host name its first part. */
function hostLabel(endpoint: string): string {
  const { hostname } = new URL(endpoint);
  return /^[\d.[\]:a-f]+$/i.test(hostname) ? hostname : (hostname.split(".")[0] ?? hostname);
}

function proposedName(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "store"
  );
}

function unlike(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
