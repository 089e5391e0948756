/** What happens to stores, and what operators do about it. At most one store is in trouble before all is repaired. */
import { randomUUID } from "node:crypto";
import { bucketOf } from "./requests.ts";
import { readRows } from "./rows.ts";
import type { Step } from "./steps.ts";
import { HOUR, MINUTE, OUTAGE_GRACE_MS, STORE_NAMES, type StoreName, type World } from "./world.ts";

type Trouble = Exclude<Step, { readonly gateway: 0 | 1 } | { readonly step: "time passes" | "settle" }>;

/** As `take`. */
export async function takeTrouble(world: World, step: Trouble): Promise<boolean> {
  switch (step.step) {
    case "store goes away":
      return (
        isAllowed(world, step.store) &&
        goAway(world, step.store, step.isNoticed, () => {
          world.stores[step.store].isAway = true;
        })
      );
    case "store is emptied":
      return (
        isAllowed(world, step.store) &&
        goAway(world, step.store, step.isNoticed, () => {
          world.stores[step.store].empty();
        })
      );
    case "store comes back":
      return world.bad !== undefined && comeBack(world, world.bad.store);
    case "store is replaced":
      return world.bad !== undefined && replace(world, world.bad.store);
    case "copy rots":
      return rot(world, step);
    case "spare copies rot":
      return rotSpare(world, step);
    case "drain":
      if (world.draining !== undefined) return false;
      doubtUploads(world);
      world.draining = step.store;
      await world.gateways[0].metadata.backends.setState(step.store, "draining");
      return tick(world);
    case "resume":
      return resume(world);
  }
}

function isAllowed({ bad }: World, store: StoreName): boolean {
  return bad === undefined || bad.store === store;
}

async function goAway(world: World, store: StoreName, isNoticed: boolean, go: () => void): Promise<boolean> {
  doubtUploads(world);
  world.bad ??= { store, isDamaged: false };
  world.kept.clear();
  go();
  return isNoticed ? tick(world) : true;
}

/** The one that went, with what it held. */
export async function comeBack(world: World, name: StoreName): Promise<boolean> {
  const store = world.stores[name];
  if (!store.isAway && !store.isEmptied) return false;
  world.kept.clear();
  store.isAway = false;
  store.bringFormerBack();
  if (!world.bad?.isDamaged) world.bad = undefined;
  return tick(world);
}

/** As admin/backend-administration.ts does; it waits while blobs would be given up. */
export async function replace(world: World, name: StoreName): Promise<boolean> {
  const store = world.stores[name];
  if (store.isAway || !store.isEmptied) return false;
  const { backends } = world.gateways[0].metadata;
  await tick(world);
  const row = (await backends.list()).find((one) => one.name === name);
  const since = new Date(world.clock.now().getTime() - OUTAGE_GRACE_MS);
  if (row === undefined || (await backends.shortWithout(name, () => 1, since)).length > 0) return false;
  const identity = randomUUID();
  await store.kept.memory.establish(identity);
  while ((await backends.loseReplicas(name, 100)) === 100);
  if (!(await backends.replace(name, row.identity, identity))) throw new Error(`${name} cannot be replaced`);
  world.kept.clear();
  store.forgetFormer();
  world.bad = { store: name, isDamaged: true };
  return tick(world);
}

async function rot(world: World, step: Extract<Step, { readonly step: "copy rots" }>): Promise<boolean> {
  const bucket = bucketOf(world, step.place).name;
  const { found } = await world.gateways[0].metadata.objects.find(bucket, step.place.key);
  if (found === undefined || found.blob.size === 0) return false;
  const { storageKey, etag } = found.blob;
  const good: StoreName[] = [];
  for (const name of STORE_NAMES)
    if (isAllowed(world, name) && (await world.stores[name].holds(storageKey, etag))) good.push(name);
  const store = good[step.copy % good.length];
  if (store === undefined) return false;
  world.kept.clear();
  await world.stores[store].damage(storageKey, step.how);
  world.bad = { store, isDamaged: true };
  return true;
}

/**
 * A blob that nobody refers to needs no good copy: all may be damaged, also beside other trouble. A write relies on what
 * was found good within the last hour, and on what the store says of the bytes.
 */
async function rotSpare(world: World, step: Extract<Step, { readonly step: "spare copies rot" }>): Promise<boolean> {
  const { blobs } = await readRows(world.look);
  const blob = blobs.find(({ refCount, size }) => refCount === 0 && size > 0);
  if (blob === undefined) return false;
  const { storageKey, etag } = blob;
  const good: StoreName[] = [];
  for (const name of STORE_NAMES) if (await world.stores[name].holds(storageKey, etag)) good.push(name);
  // A merge reads one copy, so this must reach all of them, also those on a store that will come back.
  if (step.how === "other bytes" && STORE_NAMES.some((name) => world.stores[name].isEmptied)) return false;
  const isEverywhere = step.isEverywhere || step.how === "other bytes";
  for (const name of isEverywhere ? good : good.slice(0, 1)) await world.stores[name].damage(storageKey, step.how);
  world.rotten.add(storageKey);
  world.clock.advance(HOUR + MINUTE);
  return good.length > 0 && tick(world);
}

export async function resume(world: World): Promise<boolean> {
  const { draining } = world;
  if (draining === undefined) return false;
  world.draining = undefined;
  await world.gateways[0].metadata.backends.setState(draining, "attached");
  return tick(world);
}

/** A part is acknowledged when one store has it. */
function doubtUploads({ uploads }: World): void {
  for (const upload of uploads.values()) upload.isDoubtful = true;
}

export async function tick(world: World): Promise<true> {
  for (const gateway of world.gateways) await gateway.tick();
  return true;
}
