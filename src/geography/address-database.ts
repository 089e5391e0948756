/**
 * One .mmdb file (MaxMind's format) in memory, and the few facts that are asked of it. The common schemas are read
 * alike: MaxMind's and DB-IP's nested one, and the flat ones of ip-location-db and IPinfo.
 */
import { readFile } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import { Reader, type Response } from "mmdb-lib";
import type { Coordinates } from "../model.ts";

/** What a database tells of an address. */
export interface Located {
  readonly coordinates: Coordinates | undefined;
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly country: string | undefined;
  readonly asn: number | undefined;
}

export interface AddressDatabase {
  /** `address`: as `publicAddress` gives it. Undefined: nothing is known. Never throws. */
  find(address: string): Located | undefined;
  /** When its publisher made it. */
  readonly builtAt: Date;
  /** As its publisher names the kind, such as `GeoLite2-City`. */
  readonly kind: string;
}

/** Rejects with an Error that names the file: it cannot be read, or is no complete .mmdb. */
export async function openAddressDatabase(file: string): Promise<AddressDatabase> {
  try {
    return readAddressDatabase(await readFile(file));
  } catch (cause) {
    throw new Error(`cannot use ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Many networks share a record, so that the records of countries all fit. */
const RECORDS = 4096;
/** Some address must lead through the whole tree to a record: else the file is cut off, or filled with zeros. */
const SAMPLES = ["1.1.1.1", "8.8.8.8", "91.198.174.192", "133.11.0.1", "200.160.2.3", "2001:4860:4860::8888"];

function readAddressDatabase(bytes: Buffer): AddressDatabase {
  const cache = new LRUCache<string | number, object>({ max: RECORDS });
  const reader = new Reader<Response>(bytes, {
    cache: { get: (key) => cache.get(key), set: (key, value) => void cache.set(key, value as object) },
  });
  const { ipVersion, buildEpoch, databaseType, nodeCount, searchTreeSize } = reader.metadata;
  if (!(nodeCount > 0 && searchTreeSize < bytes.length)) throw new Error("its search tree is incomplete");
  const look = (address: string) =>
    ipVersion === 4 && address.includes(":") ? undefined : locatedOf(reader.get(address) as unknown);
  for (const address of SAMPLES) look(address);
  return {
    builtAt: buildEpoch,
    kind: databaseType,
    find(address) {
      try {
        return look(address);
      } catch {
        // A record that cannot be read says nothing: no request fails by it.
        return undefined;
      }
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function locatedOf(record: unknown): Located | undefined {
  const fields = fieldsOf(record);
  if (fields === undefined) return undefined;
  const { country, registered_country: registered, location, traits } = fields;
  return {
    coordinates: coordinatesOf(fieldsOf(location) ?? fields),
    country:
      codeOf(fieldsOf(country)?.["iso_code"]) ??
      codeOf(fields["country_code"]) ??
      codeOf(country) ??
      codeOf(fieldsOf(registered)?.["iso_code"]),
    asn: asnOf(fields["autonomous_system_number"] ?? fields["asn"] ?? fieldsOf(traits)?.["autonomous_system_number"]),
  };
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** MaxMind gives the middle of a whole country such a radius: there the country says more than the place. */
const WHOLE_COUNTRY_KM = 1000;

function coordinatesOf(fields: Fields): Coordinates | undefined {
  if (Number(fields["accuracy_radius"] ?? 0) >= WHOLE_COUNTRY_KM) return undefined;
  const [latitude, longitude] = [fields["latitude"] ?? fields["lat"], fields["longitude"] ?? fields["lng"]].map(
    degrees,
  );
  if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90) return undefined;
  // No client is in the sea off Africa: publishers write 0,0 where they know nothing.
  return Math.abs(longitude) > 180 || (latitude === 0 && longitude === 0) ? undefined : { latitude, longitude };
}

function degrees(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function codeOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;
}

/** `64500`, or `AS64500`. */
function asnOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const digits = typeof value === "string" ? /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}
