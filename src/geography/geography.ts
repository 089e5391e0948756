/**
 * Where an address is: by the operator's databases in their order, and by built-in data that know the country. Each
 * fact comes from the first that has it. All of it is in memory.
 */
import { createRequire } from "node:module";
import type { Log } from "../log.ts";
import type { Coordinates } from "../model.ts";
import { type AddressDatabase, type Located, openAddressDatabase } from "./address-database.ts";
import { countryCoordinates } from "./country-coordinates.ts";
import { type FollowedDatabase, followDatabase } from "./followed-database.ts";
import { publicAddress } from "./public-address.ts";

interface LocatedPlace {
  readonly coordinates: Coordinates;
  /** city: a database has coordinates for the address; country: where most people of the country live. */
  readonly source: "city" | "country";
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
}

export interface DatabaseFacts {
  /** Its path; undefined: the built-in one. */
  readonly file: string | undefined;
  readonly kind: string;
  readonly builtAt: Date;
}

export interface Geography {
  /** Undefined: nobody knows. Private and reserved addresses are nowhere. */
  placeOf(address: string): LocatedPlace | undefined;
  /** The number of the network's operator; undefined: nobody knows. */
  asnOf(address: string): number | undefined;
  readonly databases: readonly DatabaseFacts[];
  /** Looks now whether the files have changed. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface GeographyOptions {
  readonly countries: "builtin" | "off";
  /** Paths of .mmdb files; those before go before. */
  readonly databases: readonly { readonly file: string }[];
}

const CHECK_MS = 10_000;

/** Rejects with an Error that names the key of the configuration and the file that cannot be used. */
export async function openGeography({ countries, databases }: GeographyOptions, log: Log): Promise<Geography> {
  const followed: FollowedDatabase[] = [];
  for (const [index, { file }] of databases.entries())
    followed.push(await followDatabase(file, log).catch((cause: unknown) => fail(index, cause)));
  const builtIn = countries === "builtin" ? await openBuiltIn() : undefined;
  const timer = setInterval(() => void refresh(), CHECK_MS).unref();
  const refresh = async () => {
    for (const one of followed) await one.refresh();
  };
  return {
    placeOf: (address) => placeBy(address, followed, builtIn),
    asnOf: (address) => asnBy(address, followed),
    get databases() {
      const own = followed.map(({ file, now }) => factsOf(file, now));
      return builtIn === undefined ? own : [...own, factsOf(undefined, builtIn)];
    },
    refresh,
    async close() {
      clearInterval(timer);
    },
  };
}

/** The facts about the databases of a configuration, read once. Rejects as `openGeography` does. */
export async function inspectDatabases({ countries, databases }: GeographyOptions): Promise<readonly DatabaseFacts[]> {
  const facts: DatabaseFacts[] = [];
  for (const [index, { file }] of databases.entries())
    facts.push(factsOf(file, await openAddressDatabase(file).catch((cause: unknown) => fail(index, cause))));
  return countries === "builtin" ? [...facts, factsOf(undefined, await openBuiltIn())] : facts;
}

function openBuiltIn(): Promise<AddressDatabase> {
  const require = createRequire(import.meta.url);
  return openAddressDatabase(require.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb"));
}

function placeBy(
  text: string,
  followed: readonly FollowedDatabase[],
  builtIn: AddressDatabase | undefined,
): LocatedPlace | undefined {
  const address = publicAddress(text);
  if (address === undefined) return undefined;
  let country: string | undefined;
  for (const { now } of followed) {
    const located: Located | undefined = now.find(address);
    country ??= located?.country;
    if (located?.coordinates !== undefined) return { coordinates: located.coordinates, source: "city", country };
  }
  country ??= builtIn?.find(address)?.country;
  const coordinates = country && countryCoordinates.get(country);
  return coordinates ? { coordinates, source: "country", country } : undefined;
}

function asnBy(text: string, followed: readonly FollowedDatabase[]): number | undefined {
  const address = publicAddress(text);
  if (address === undefined) return undefined;
  for (const { now } of followed) {
    const asn = now.find(address)?.asn;
    if (asn !== undefined) return asn;
  }
  return undefined;
}

function factsOf(file: string | undefined, { kind, builtAt }: AddressDatabase): DatabaseFacts {
  return { file, kind, builtAt };
}

function fail(index: number, cause: unknown): never {
  throw new Error(`geography.databases[${index}].file: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
