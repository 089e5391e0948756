/** Objects on three stores whose listings a test can bend, on either engine, and what an inventory made of them. */
import { randomBytes } from "node:crypto";
import { describe } from "vitest";
import type { Backend, ListedBlob } from "../../src/backends/backend.ts";
import type { Blob } from "../../src/model.ts";
import { put } from "../contracts/backend-contract.ts";
import { openDisks } from "../support/disks.ts";
import { makePostgres, makeSqlite, postgresUrl } from "../support/engines.ts";
import { memoryStores, openRig, type Rig } from "../support/rig.ts";
import { DAY, HOUR, pass } from "./repair-support.ts";

export type EngineKind = "SQLite" | "PostgreSQL";

/** Gives the listing of a store, or something else in its place. */
type Listing = (name: string, whole: AsyncIterable<ListedBlob>) => AsyncIterable<ListedBlob>;

export interface Stock extends AsyncDisposable {
  readonly rig: Rig;
  /** Listings of blobs begun, by the names of the stores. */
  readonly begun: string[];
  listing: Listing;
}

/** The suite on each engine. */
export function onEachEngine(title: string, suite: (kind: EngineKind) => void): void {
  describe(`${title} on SQLite`, () => suite("SQLite"));
  describe.skipIf(!postgresUrl)(`${title} on PostgreSQL`, () => suite("PostgreSQL"));
}

/** Objects "0", "1", ...: two copies of each on three stores. Default: on disks. */
export async function openStock(kind: EngineKind, objects = 1, on: "disks" | "memory" = "disks"): Promise<Stock> {
  const database = kind === "SQLite" ? await makeSqlite() : await makePostgres(postgresUrl ?? "");
  const disks = on === "disks" ? await openDisks(["a", "b", "c"]) : undefined;
  const bare = disks?.backends ?? memoryStores();
  const begun: string[] = [];
  const backends = bare.map((backend) => bending(backend, () => stock));
  const rig = await openRig({ backends, graceMs: DAY, engine: database.engine });
  const stock: Stock = {
    rig,
    begun,
    listing: (_, whole) => whole,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await disks?.[Symbol.asyncDispose]();
      await database.remove();
    },
  };
  for (let at = 0; at < objects; at++) await rig.put(String(at), randomBytes(20_000));
  await rig.upkeep.runDue();
  return stock;
}

function bending(backend: Backend, stock: () => Stock): Backend {
  return new Proxy(backend, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      if (property !== "list") return value.bind(target);
      return (prefix: string, after?: string) => {
        if (prefix === "blobs/") stock().begun.push(target.name);
        return stock().listing(target.name, target.list(prefix, after));
      };
    },
  });
}

/** A day and its jobs; an hour more, for what an inventory made due. */
export async function nextDay({ rig }: Stock): Promise<void> {
  await pass(rig, rig.upkeep, DAY, HOUR, HOUR);
}

let serial = 0;
/** Bytes that no row knows. */
export async function plant(
  { rig }: Stock,
  name: string,
  key = strayKey(),
  bytes: Buffer = randomBytes(1000),
): Promise<string> {
  await put(rig.backend(name), key, bytes);
  return key;
}

export function strayKey(): string {
  return `blobs/ab/stray${String(serial++).padStart(6, "0")}`;
}

/** Which stores hold bytes under a key; the listing is the stores' own. */
export async function holders({ rig }: Stock, key: string): Promise<readonly string[]> {
  const found = rig.backends.map(async ({ name, stat }) => {
    const outcome = await stat(key).then(
      () => [name],
      () => [],
    );
    return outcome;
  });
  return (await Promise.all(found)).flat();
}

export async function quarantined({ rig }: Stock): Promise<Record<string, readonly string[]>> {
  const entries = rig.backends.map(async ({ name }) => {
    const keys = await rig.metadata.quarantine.list(name, 10_000);
    return [name, keys.map(({ storageKey }) => storageKey)] as const;
  });
  return Object.fromEntries((await Promise.all(entries)).filter(([, keys]) => keys.length > 0));
}

/** Of the copies that count, in order of name. */
export const verified = ({ replicas }: Blob): readonly string[] =>
  replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : [])).sort();

export const otherThan = (names: readonly string[]): string =>
  ["a", "b", "c"].find((name) => !names.includes(name)) ?? "";
