/**
 * Two gateways, below HTTP, on one database and four stores in three regions. The database serves many runs, its tables
 * emptied in between; stores and gateways are each run's own. Time moves only when a step moves it.
 */
import type { Knex } from "knex";
import { type Fleet, openFleet } from "../../../src/backends/fleet.ts";
import { type BlobStore, openBlobStore } from "../../../src/blobs/blob-store.ts";
import { openLog } from "../../../src/log.ts";
import { type Metadata, openMetadata } from "../../../src/metadata/metadata.ts";
import type { Upload } from "../../../src/metadata/uploads.ts";
import type { Bucket, BucketSettings } from "../../../src/model.ts";
import { openRegistry } from "../../../src/upkeep/registry.ts";
import { openUpkeep, type Upkeep } from "../../../src/upkeep/upkeep.ts";
import { Clock, type TestDatabase } from "../../support/engines.ts";
import { chanceOf } from "../chance.ts";
import { Life } from "./life.ts";
import { PACE, Pacing } from "./pacing.ts";
import { emptyTables, usesOf } from "./rows.ts";
import { Door, ModelStore, type StoreWatch } from "./store.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const COPIES = 2;
export const OUTAGE_GRACE_MS = 10 * MINUTE;
export const REGIONS = { a: "x", b: "y", c: "z", d: "x" } as const;
export type StoreName = keyof typeof REGIONS;
export const STORE_NAMES: readonly StoreName[] = ["a", "b", "c", "d"];

/** So that one content goes in one piece and another as a stream. */
const BUFFER_BYTES = 1024;
/** Keys that a gateway keeps ready. One that is dead, or idle for a day, leaves them behind, each a job. */
const KEYS_READY = 1;
const LONG_MS = 2 ** 31 - 1;

const log = openLog("silent");

export interface Gateway {
  readonly metadata: Metadata;
  readonly life: Life;
  readonly fleet: Fleet;
  readonly blobs: BlobStore;
  readonly upkeep: Upkeep;
  /** What its timers would do: probe the stores, read and write the table of backends. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

/** What the model knows of an object. */
export interface Held {
  readonly bytes: Buffer;
  readonly etag: string;
}

export interface ModelUpload {
  readonly upload: Upload;
  readonly place: Place;
  readonly parts: Map<number, Buffer>;
  /** A part failed, or a store was away or lost: nobody promises that it can be completed. */
  isDoubtful: boolean;
  /** Who died while completing it has the lease until then. */
  leasedUntil: number;
  /** Once it is completed. */
  completed: { readonly etag: string; readonly at: number } | undefined;
}

/** Of an object that nobody writes to. */
interface Copies {
  readonly held: Held;
  readonly blobId: number;
  /** How many stores say that they hold them. */
  readonly count: number;
}

export interface Place {
  readonly bucket: 0 | 1;
  readonly key: "k" | "l";
}

export interface World {
  readonly clock: Clock;
  readonly stores: Readonly<Record<StoreName, ModelStore>>;
  readonly buckets: readonly [Bucket, Bucket];
  readonly gateways: [Gateway, Gateway];
  /** Those that died, or were abandoned. */
  readonly gone: Gateway[];
  readonly objects: Map<string, Held>;
  readonly uploads: Map<number, ModelUpload>;
  /** The one store that is away, lost or damaged; damage stays until the blobs are repaired. */
  bad: { readonly store: StoreName; isDamaged: boolean } | undefined;
  draining: StoreName | undefined;
  /** What the last check of all objects saw. */
  seen: string;
  /** By the names of objects: their blobs and copies at the last check, unless something happened to a store since. */
  readonly kept: Map<string, Copies>;
  /** Copies whose bytes were compared with those of an object. */
  readonly looked: Set<string>;
  /** How often an object was given another blob with the same bytes. */
  moved: number;
  /** Storage keys of blobs that nobody needed when their copies were damaged. */
  readonly rotten: Set<string>;
  readonly random: () => number;
  readonly look: Knex;
  reopen(index: 0 | 1): Promise<void>;
  /** Throws what the stores saw that must not be. */
  checkWatch(): void;
  close(): Promise<void>;
}

export const nameOf = ({ bucket, key }: Place) => `${bucket}/${key}`;

/** One database for all runs; `metadata`: as two processes have it open. */
export interface Base {
  readonly clock: Clock;
  readonly database: TestDatabase;
  readonly metadata: readonly [Metadata, Metadata];
  /** Of two accounts. */
  readonly buckets: readonly [Bucket, Bucket];
  readonly pacing: Pacing;
}

export async function openBase(database: TestDatabase): Promise<Base> {
  const clock = new Clock();
  const pacing = new Pacing(database.knex, clock.now);
  const open = async () => {
    const metadata = await openMetadata({ engine: database.engine, now: clock.now, graceMs: DAY, cacheRows: 100 });
    const { keyReservations } = metadata;
    const reserve = keyReservations.reserve.bind(keyReservations);
    keyReservations.reserve = (writer, count) => reserve(writer, Math.min(count, KEYS_READY));
    pacing.apply(metadata);
    return metadata;
  };
  const metadata = [await open(), await open()] as const;
  const bucketOf = async (name: string) => {
    const { id: accountId } = await metadata[0].accounts.ensure(`account-${name}`);
    return metadata[0].buckets.create({ name, accountId, location: "us-east-1", settings: {} });
  };
  return { clock, database, metadata, pacing, buckets: [await bucketOf("one"), await bucketOf("two")] };
}

/** What the two buckets want of what is written to them. There is room for it without any one store. */
const WISHES: readonly (readonly [BucketSettings, BucketSettings])[] = [
  [{}, {}],
  [{ copies: 3 }, {}],
  [{}, { placement: { regions: ["x", "y"] } }],
  [{ placement: { regions: ["x", "y"] } }, { copies: 3 }],
  [{ placement: { regions: ["x", "y"] } }, { placement: { regions: ["x", "z"] } }],
];

async function set({ buckets }: Metadata, bucket: Bucket, settings: BucketSettings): Promise<Bucket> {
  await buckets.updateSettings(bucket.id, () => settings);
  return { ...bucket, settings };
}

export async function openWorld({ buckets, clock, database, metadata, pacing }: Base, seed: number): Promise<World> {
  const look = database.knex;
  await emptyTables(look);
  const random = chanceOf(seed).next;
  pacing.begin(random);
  const [one, two] = WISHES[Math.floor(random() * WISHES.length)] ?? [{}, {}];
  const wishing = [await set(metadata[0], buckets[0], one), await set(metadata[0], buckets[1], two)] as const;
  const { watch, violations } = watchOf(look);
  const storeOf = (name: StoreName) => new ModelStore(name, REGIONS[name], watch);
  const stores = { a: storeOf("a"), b: storeOf("b"), c: storeOf("c"), d: storeOf("d") };
  const open = (index: 0 | 1) => openOne({ metadata: metadata[index], stores, clock, random });
  const gateways: [Gateway, Gateway] = [await open(0), await open(1)];
  const gone: Gateway[] = [];
  return {
    clock,
    stores,
    buckets: wishing,
    gateways,
    gone,
    objects: new Map(),
    uploads: new Map(),
    bad: undefined,
    draining: undefined,
    seen: "",
    kept: new Map(),
    looked: new Set(),
    moved: 0,
    rotten: new Set(),
    random,
    look,
    async reopen(index) {
      gone.push(gateways[index]);
      gateways[index] = await open(index);
    },
    checkWatch() {
      if (violations.length > 0) throw new Error(violations.join("\n"));
    },
    async close() {
      for (const gateway of [...gone, ...gateways]) gateway.life.release();
      for (const gateway of [...gone, ...gateways]) await gateway.close();
    },
  };
}

async function openOne(options: {
  readonly metadata: Metadata;
  readonly stores: World["stores"];
  readonly clock: Clock;
  readonly random: () => number;
}): Promise<Gateway> {
  const { metadata, stores, random } = options;
  const { now } = options.clock;
  const life = new Life();
  const backends = STORE_NAMES.map((name) => new Door(stores[name], life));
  const regions = ["x", "y", "z"].map((name, index) => ({ name, latitude: 0, longitude: index * 10 }));
  const fleet = openFleet({
    backends,
    regions,
    log,
    probeIntervalMs: LONG_MS,
    outageGraceMs: OUTAGE_GRACE_MS,
    now,
  });
  const registry = openRegistry({ metadata, fleet, backends, now, log });
  await registry.refresh();
  await registry.refresh();
  const common = { metadata, fleet, copies: COPIES, random, now, log };
  const blobs = await openBlobStore({ ...common, bufferBytes: BUFFER_BYTES });
  const upkeep = openUpkeep({ ...common, blobs, ...PACE, graceMs: DAY });
  let closing: Promise<void> | undefined;
  const close = async () => {
    await upkeep.close();
    await blobs.close();
    await registry.close();
    await fleet.close();
  };
  return {
    metadata,
    life,
    fleet,
    blobs,
    upkeep,
    async tick() {
      await fleet.probeNow();
      await registry.refresh();
      await registry.refresh();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What stands under a storage key never changes, and nothing that is referred to is deleted. */
function watchOf(look: Knex) {
  const etags = new Map<string, string>();
  const violations: string[] = [];
  const watch: StoreWatch = {
    stored(store, key, etag) {
      const before = etags.get(key) ?? etag;
      etags.set(key, before);
      if (before !== etag) violations.push(`${store} was given other bytes under ${key}, used before`);
    },
    async deleting(store, key) {
      for (const { state } of await usesOf(look, store, key))
        if (state !== "deleting") violations.push(`${store} deletes ${key}, which is ${state}`);
    },
  };
  return { watch, violations };
}
