/** Time in which all is repaired: what must be true then, and when nothing is left of what was deleted. */
import { copiesOf, mayStandIn, type Wanted } from "../../../src/wanted.ts";
import { checkReads, goodStores } from "./invariants.ts";
import { type Rows, readRows } from "./rows.ts";
import { comeBack, replace, resume, tick } from "./trouble.ts";
import { COPIES, DAY, type Gateway, HOUR, MINUTE, REGIONS, STORE_NAMES, type StoreName, type World } from "./world.ts";

/** Longer than the longest pause between two tries of a job, and than that between two walks over all blobs. */
const STEP_MS = HOUR + MINUTE;
const STEPS = 8;
const SWEEPS = new Set([
  "survey",
  "reclaim",
  "stale-uploads",
  "leftovers",
  "tally",
  "sessions",
  "scrub",
  "inventory",
  "read-replica",
]);

/** All stores are in place again, if need be a new one in the place of one that is lost. */
export async function settle(world: World): Promise<void> {
  const { bad } = world;
  if (bad !== undefined) {
    const store = world.stores[bad.store];
    const isReplaced = store.isEmptied && world.random() < 0.5;
    if (isReplaced) store.isAway = false;
    else await comeBack(world, bad.store);
    await runJobs(world, isReplaced ? () => replace(world, bad.store) : undefined);
  }
  await readEveryCopy(world);
  await runJobs(world);
  const rows = await readRows(world.look);
  for (const blob of rows.blobs.filter(({ refCount }) => refCount > 0)) {
    const good = await goodStores(world, blob);
    const verified = blob.replicas.filter(({ state }) => state === "verified").map(({ backend }) => backend);
    // Of two regions one may have had no usable store a moment ago: the walks over all blobs come to it by the end.
    const isFree = blob.wanted?.regions === undefined;
    const isSafe =
      good.length >= copiesOf({ copies: COPIES }, blob.wanted) && (!isFree || isSpread(world, good, blob.wanted));
    if (!isSafe || verified.some((backend) => !good.some((name) => name === backend)))
      throw new Error(
        `repaired, blob ${blob.id} has good copies on ${good}, and rows of ${JSON.stringify(blob.replicas)}`,
      );
  }
  await endSpareDamage(world, rows);
  world.bad = undefined;
}

/** In two regions, if stores that are not being emptied are in so many where it may stand. */
function isSpread({ draining }: World, good: readonly StoreName[], wanted: Wanted | undefined): boolean {
  const regionsOf = (stores: readonly StoreName[]) => new Set(stores.map((store) => REGIONS[store]));
  const usable = STORE_NAMES.filter((name) => name !== draining && mayStandIn(REGIONS[name], wanted));
  return regionsOf(good).size >= Math.min(2, regionsOf(usable).size);
}

/**
 * Damage to what nobody needs stays unnoticed until somebody needs it. What no question to a store could tell ends here:
 * together with the next trouble it would be more than anybody promises to survive.
 */
async function endSpareDamage({ clock, rotten, stores }: World, { blobs }: Rows): Promise<void> {
  for (const { refCount, storageKey } of blobs) {
    if (refCount > 0) continue;
    rotten.add(storageKey);
    for (const name of STORE_NAMES)
      if (stores[name].isSpoilt(storageKey)) await stores[name].damage(storageKey, "gone");
  }
  // A write believes what was found good within the last hour.
  clock.advance(STEP_MS);
}

/** Runs until no job is left that could run, in so many steps at most; `attempt` until it is true, too. */
async function runJobs(world: World, attempt?: () => Promise<boolean>): Promise<void> {
  let isDone = attempt === undefined;
  let left: Rows["jobs"] = [];
  for (let step = 0; step < STEPS; step++) {
    world.clock.advance(STEP_MS);
    await tick(world);
    await Promise.all(atWork(world).map(({ upkeep }) => upkeep.runDue()));
    isDone ||= (await attempt?.()) ?? true;
    const now = world.clock.now().getTime();
    left = workOf(await readRows(world.look)).filter(({ runAt, reason }) => runAt <= now || reason !== null);
    if (isDone && left.length === 0) return;
  }
  throw new Error(`after ${STEPS} hours work is left: ${isDone ? "" : "no replacement; "}${JSON.stringify(left)}`);
}

/** All but sweeps, and jobs on blobs that nobody refers to: all copies of those may be lost. */
function workOf({ blobs, jobs }: Rows): Rows["jobs"] {
  const isNeeded = (id: number) => blobs.some((blob) => blob.id === id && blob.refCount > 0);
  return jobs.filter(({ kind, blobId }) => !SWEEPS.has(kind) && (blobId === undefined || isNeeded(blobId)));
}

/** Each gateway can do all the work alone, and they must not get in each other's way. */
function atWork({ gateways, random }: World): readonly Gateway[] {
  const isAlone = random() < 0.7;
  const one = random() < 0.5 ? 0 : 1;
  return isAlone ? [gateways[one]] : gateways;
}

/** Damage is found by whoever reads it. */
async function readEveryCopy(world: World): Promise<void> {
  for (const [index, store] of STORE_NAMES.entries())
    await checkReads(world, world.gateways[index % 2 === 0 ? 0 : 1], index % 2, store);
}

/** Long after the last request the stores hold what the rows say, and the rows what the objects need. */
export async function checkEnd(world: World): Promise<void> {
  await resume(world);
  await settle(world);
  for (const ms of [8 * DAY, 25 * HOUR]) {
    world.clock.advance(ms);
    await runJobs(world);
  }
  const rows = await readRows(world.look);
  const { blobs, uploads, quarantined } = rows;
  const expected: Record<StoreName, string[]> = { a: [], b: [], c: [], d: [] };
  for (const { id, storageKey, refCount, replicas, wanted } of blobs) {
    if (refCount === 0) throw new Error(`blob ${id} is still there without references`);
    if (replicas.length !== copiesOf({ copies: COPIES }, wanted) || replicas.some(({ state }) => state !== "verified"))
      throw new Error(`blob ${id} has ${JSON.stringify(replicas)} in the end`);
    const stands = STORE_NAMES.filter((name) => replicas.some(({ backend }) => backend === name));
    if (!isSpread(world, stands, wanted)) throw new Error(`blob ${id} stands in one region in the end, on ${stands}`);
    for (const name of STORE_NAMES)
      if (replicas.some(({ backend }) => backend === name)) expected[name].push(storageKey);
  }
  for (const name of STORE_NAMES) {
    const found = await world.stores[name].keys();
    const difference = [...found, ...expected[name]].filter(
      (key) => !found.includes(key) || !expected[name].includes(key),
    );
    if (difference.length > 0) throw new Error(`${name} and its rows differ by ${difference}`);
    if (world.stores[name].kept.uploads.size > 0) throw new Error(`unfinished uploads are left on ${name}`);
  }
  if (quarantined.length > 0) throw new Error(`quarantined in the end: ${quarantined}`);
  const left = workOf(rows);
  if (uploads > 0 || left.length > 0) throw new Error(`${uploads} uploads and work are left: ${JSON.stringify(left)}`);
}
