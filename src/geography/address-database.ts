/**
 * One .mmdb file (MaxMind's format) in memory, and the few facts that are asked of it. The common schemas are read
 * alike: MaxMind's and DB-IP's nested one, and the flat ones of ip-location-db and IPinfo.
 */
import { readFile } from "node:fs/promises";
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

/** So many answers are kept, some 8 MB: many networks share a record, and of cities those that most clients are in. */
const KEPT = 65_536;
/** Some address must lead through the whole tree to a record: else the file is cut off, or filled with zeros. */
const SAMPLES = ["1.1.1.1", "8.8.8.8", "91.198.174.192", "133.11.0.1", "200.160.2.3", "2001:4860:4860::8888"];

function readAddressDatabase(bytes: Buffer): AddressDatabase {
  const reader = new Reader<Response>(bytes);
  const answers = recentAnswers();
  const { ipVersion, buildEpoch, databaseType, nodeCount, searchTreeSize } = reader.metadata;
  if (!(nodeCount > 0 && searchTreeSize < bytes.length)) throw new Error("its search tree is incomplete");
  const look = (address: string) => {
    if (ipVersion === 4 && address.includes(":")) return undefined;
    // These two are what `get` does, but are not of the public types: between them is known where the record stands.
    const [pointer] = reader["findAddressInTree"](address) as [pointer: number | null, length: number];
    return pointer === null
      ? undefined
      : answers(pointer, () => locatedOf(reader["resolveDataPointer"](pointer) as unknown));
  };
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

type Answers = (pointer: number, read: () => Located | undefined) => Located | undefined;

/**
 * What was read last, by where it stands: a record of a city has names in many languages, and decoding it takes longer
 * than finding it. Each place has one slot, because order of use would cost as much as it saves.
 */
function recentAnswers(): Answers {
  const pointers = new Uint32Array(KEPT);
  const answers: (Located | undefined)[] = Array.from({ length: KEPT });
  return (pointer, read) => {
    const slot = (pointer ^ (pointer >>> 12)) & (KEPT - 1);
    if (pointers[slot] !== pointer) {
      answers[slot] = read();
      pointers[slot] = pointer;
    }
    return answers[slot];
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
