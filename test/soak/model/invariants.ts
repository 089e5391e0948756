/** What holds after every step, whatever is away or damaged. */
import { mayStandIn } from "../../../src/wanted.ts";
import { readObject } from "./requests.ts";
import { type BlobRow, type HoldingRow, type Rows, readRows } from "./rows.ts";
import {
  COPIES,
  type Gateway,
  type Held,
  nameOf,
  type Place,
  REGIONS,
  STORE_NAMES,
  type StoreName,
  type World,
} from "./world.ts";

const PLACES: readonly Place[] = ([0, 1] as const).flatMap((bucket) =>
  (["k", "l"] as const).map((key) => ({ bucket, key })),
);

/**
 * After a step. Where neither rows nor stores nor what the gateways know of the stores have changed since the last
 * time, no read can have another answer.
 */
export async function check(world: World): Promise<void> {
  world.checkWatch();
  const rows = await readRows(world.look);
  const etags = [...world.objects].map(([name, { etag }]) => [name, etag]);
  const seen = JSON.stringify([rows.blobs, rows.objects, etags, stateOf(world)]);
  if (seen === world.seen) return;
  world.seen = seen;
  checkCounts(rows);
  checkHoldings(rows);
  checkNames(world, rows);
  await checkCopies(world, rows);
  await Promise.all(world.gateways.map((gateway, index) => checkReads(world, gateway, index)));
}

/** Of the stores, and of how each gateway sees them. */
function stateOf({ bad, gateways, gone, stores }: World): unknown {
  const ups = gateways.map(({ fleet }) => STORE_NAMES.map((name) => fleet.get(name)?.up));
  return [STORE_NAMES.map((name) => stores[name].changes), ups, gone.length, bad];
}

function checkCounts({ blobs, objects }: Rows): void {
  for (const { id, refCount } of blobs) {
    const referring = objects.filter(({ blobId }) => blobId === id).length;
    if (refCount !== referring) throw new Error(`blob ${id} counts ${refCount} references of ${referring}`);
  }
}

/** What the triggers counted is what a walk over all blobs counts. */
function checkHoldings({ blobs, holdings }: Rows): void {
  const counted = new Map<string, HoldingRow>();
  for (const { refCount, replicas, size } of blobs) {
    const good = replicas.filter(({ state }) => state === "verified").map(({ backend }) => backend);
    const set = { holders: good.sort().join(" "), isReferenced: refCount > 0 };
    const before = counted.get(JSON.stringify(set)) ?? { blobs: 0, objects: 0, bytes: 0 };
    counted.set(JSON.stringify(set), {
      ...set,
      blobs: before.blobs + 1,
      objects: before.objects + refCount,
      bytes: before.bytes + size,
    });
  }
  const inOrder = (rows: Iterable<HoldingRow>) => JSON.stringify([...rows].map((row) => JSON.stringify(row)).sort());
  if (inOrder(holdings) !== inOrder(counted.values()))
    throw new Error(`the database counts ${inOrder(holdings)}, its blobs are ${inOrder(counted.values())}`);
}

/** Every name that the model knows, and no other. */
function checkNames({ buckets, objects }: World, rows: Rows): void {
  const found = rows.objects.map(({ bucketId, key }) => `${buckets.findIndex(({ id }) => id === bucketId)}/${key}`);
  const expected = [...objects.keys()];
  if (found.sort().join() !== expected.sort().join()) throw new Error(`objects ${found}, expected ${expected}`);
}

/**
 * Each object has a good copy on a store that is not in trouble, and all its copies when none is. A row must lead there.
 */
async function checkCopies(world: World, rows: Rows): Promise<void> {
  for (const [name, held] of world.objects) {
    const blob = blobOf(world, rows, name);
    checkResidency(world, name, blob);
    const good = await goodStores(world, blob);
    const safe = good.filter((store) => store !== world.bad?.store);
    const needed = world.bad === undefined ? COPIES : 1;
    if (safe.length < needed)
      throw new Error(
        `${name}, blob ${blob.id}, has good copies only on ${safe.join(" and ")}: ${JSON.stringify(blob.replicas)}`,
      );
    checkPromises(world, blob, good);
    for (const store of good) await checkBytes(world, store, blob, held);
    await checkKept(world, name, held, blob);
  }
}

function blobOf({ buckets }: World, { objects, blobs }: Rows, name: string): BlobRow {
  const row = objects.find(({ bucketId, key }) => `${buckets.findIndex(({ id }) => id === bucketId)}/${key}` === name);
  const blob = blobs.find(({ id }) => id === row?.blobId);
  if (blob === undefined) throw new Error(`${name} has no blob`);
  return blob;
}

/** What is kept in some regions stands nowhere else, not even where nothing counts it. */
function checkResidency({ buckets }: World, name: string, { id, wanted, replicas }: BlobRow): void {
  const { placement } = buckets[name.startsWith("0/") ? 0 : 1].settings;
  if (typeof placement === "object" && wanted?.regions?.join() !== placement.regions.join())
    throw new Error(`${name} is kept in ${placement.regions}, and its blob ${id} in ${wanted?.regions}`);
  const outside = replicas.filter(({ backend }) => !mayStandIn(REGIONS[backend as StoreName], wanted));
  if (outside.length > 0) throw new Error(`blob ${id} of ${wanted?.regions} stands at ${JSON.stringify(outside)}`);
}

/** A verified copy is there, unless something happened to its store or to the blob. */
function checkPromises(
  { bad, rotten }: World,
  { storageKey, replicas, id }: BlobRow,
  good: readonly StoreName[],
): void {
  const missing = replicas.filter(
    ({ backend, state }) => state === "verified" && backend !== bad?.store && !good.some((store) => store === backend),
  );
  if (missing.length > 0 && !rotten.has(storageKey))
    throw new Error(`blob ${id} is verified and not there: ${JSON.stringify(missing)}`);
}

/** What stands under a storage key never changes: to look once is enough. */
async function checkBytes(world: World, store: StoreName, { storageKey }: BlobRow, held: Held): Promise<void> {
  const looked = `${store} ${storageKey} ${held.etag}`;
  if (world.looked.has(looked)) return;
  world.looked.add(looked);
  if (!(await world.stores[store].bytesOf(storageKey))?.equals(held.bytes))
    throw new Error(`${store} holds other bytes under ${storageKey} than those of ${held.etag}`);
}

/** Whatever the gateways do leaves an object as many copies as it had, up to all that it should have. */
async function checkKept(world: World, name: string, held: Held, blob: BlobRow): Promise<void> {
  const named = replicasOf(blob);
  const isThere = await Promise.all(named.map((store) => world.stores[store].seemsToHold(blob.storageKey, blob.etag)));
  const count = isThere.filter(Boolean).length;
  const before = world.kept.get(name);
  world.kept.set(name, { held, blobId: blob.id, count });
  if (before?.held !== held) return;
  if (before.blobId !== blob.id) world.moved++;
  if (count < Math.min(COPIES, before.count))
    throw new Error(
      `${name} had ${before.count} copies in blob ${before.blobId} and has ${count} in blob ${blob.id}: ` +
        JSON.stringify(blob.replicas),
    );
}

/** Where a row says that a copy may be that is kept for safety: one for readers keeps nothing safe. */
function replicasOf({ replicas }: BlobRow): readonly StoreName[] {
  return STORE_NAMES.filter((name) => replicas.some(({ backend, state }) => backend === name && isKept(state)));
}

const isKept = (state: string) => state !== "deleting" && state !== "reader";

/** The stores that really hold a blob, where a row says that they may. */
export async function goodStores({ stores }: World, blob: BlobRow): Promise<StoreName[]> {
  const good: StoreName[] = [];
  for (const name of replicasOf(blob)) if (await stores[name].holds(blob.storageKey, blob.etag)) good.push(name);
  return good;
}

/** `first`: the store that is read first. */
export async function checkReads(world: World, gateway: Gateway, index: number, first?: StoreName): Promise<void> {
  const turn = Math.floor(world.random() * STORE_NAMES.length);
  const order = first === undefined ? [...STORE_NAMES.slice(turn), ...STORE_NAMES.slice(0, turn)] : [first];
  await Promise.all(
    PLACES.map(async (place) => {
      const expected = world.objects.get(nameOf(place));
      const read = () => readObject(world, gateway, place, order);
      // A body that breaks off is no wrong answer: the next try reads another copy. It comes after a probe, which finds
      // a store that is back.
      const found = await read().catch(async (error: unknown) => {
        if (world.bad === undefined) throw error;
        await gateway.tick();
        return read();
      });
      if (found === undefined && expected === undefined) return;
      const isEqual = found && expected && found.etag === expected.etag && found.bytes.equals(expected.bytes);
      if (!isEqual)
        throw new Error(
          `gateway ${index} reads ${nameOf(place)} as ${found?.etag} (${found?.bytes.length} bytes), ` +
            `expected ${expected?.etag} (${expected?.bytes.length} bytes)`,
        );
    }),
  );
}
