// Bytes that rot on the disk of a MinIO, of a node and of a disk backend while clients read and write: no read through the
// gateway returns them, and the damaged copies are replaced from the others.
// Shows I1, I4, I8, I12 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { Minio } from "../support/minio.ts";
import type { NodeProcess } from "../support/node-process.ts";
import { describeWith } from "../support/programs.ts";
import { filesBelow, harms } from "../support/rot.ts";
import { withDatabase } from "./books.ts";
import { isLong, openChance } from "./chance.ts";
import { faultsOfCopies } from "./copies.ts";
import { faultsAfter, type LoadedRig, openLoadedRig, startTraffic } from "./loaded-rig.ts";
import { diskStores, minioStores, nodeStores, together } from "./stores.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PART = (isLong ? 16 : 5) * MIB;
const sizes = [4 * KIB, MIB, (isLong ? 64 : 12) * MIB];
const ROUNDS = isLong ? 5 : 1;
const TIMEOUT_MS = ROUNDS * 600_000;

/** A kind of store, and where it keeps what it holds under a storage key. */
interface Place {
  readonly name: string;
  /** All its files below this. */
  directoryOf(storageKey: string): Promise<string>;
  /** The gateway's own check of ranges is the store's: a MinIO that gives wrong ranges is believed. */
  readonly checksRanges: boolean;
}

async function placesOf(minio: Minio, node: NodeProcess, disk: string) {
  const inNode = async (storageKey: string) => {
    const rows = await withDatabase(join(node.directory, "metadata.sqlite"), (knex) =>
      knex.raw<{ found: string }[]>(
        "SELECT storage_key AS found FROM objects JOIN blobs ON blobs.id = objects.blob_id WHERE key = ?",
        [storageKey],
      ),
    );
    return join(node.directory, "disk", "data", rows[0]?.found ?? "");
  };
  return [
    { name: "amsterdam", directoryOf: async (key) => join(minio.directory, "blobs", key), checksRanges: false },
    { name: "toronto", directoryOf: inNode, checksRanges: true },
    { name: "disk-1", directoryOf: async (key) => join(disk, "data", key), checksRanges: true },
  ] satisfies Place[];
}

/** The file with the content of the copy, its second part if it has parts, and a byte of that. */
async function contentIn(directory: string): Promise<{ readonly path: string; readonly at: number }> {
  const isThere = await stat(directory).catch(() => undefined);
  if (isThere?.isFile()) return { path: directory, at: Math.floor(isThere.size / 2) };
  const files = await filesBelow(isThere === undefined ? `${directory}.parts` : directory);
  const sized = await Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })));
  const largest = sized.sort((a, b) => b.size - a.size)[0];
  const found = sized.find(({ path }) => /\/(part\.2|00002)$/.test(path)) ?? largest;
  if (found === undefined) throw new Error(`nothing stands in ${directory}`);
  const { path, size } = found;
  // In a small object's file MinIO's own records come first.
  return { path, at: path.endsWith("xl.meta") ? size - 200 : Math.floor(size / 2) };
}

interface Rotten {
  readonly key: string;
  readonly bytes: Buffer;
  readonly place: Place;
}

/** Writes an object; returns its storage key and the backends that hold it. */
async function write(rig: LoadedRig, key: string, bytes: Buffer) {
  const count = Math.ceil(bytes.length / PART);
  const parts = Array.from({ length: count }, (_, at) => bytes.subarray(at * PART, (at + 1) * PART));
  expect(await (count === 1 ? rig.recorder.put(key, bytes) : rig.recorder.upload(key, parts))).toBe(true);
  const rows = await withDatabase(rig.databaseFile, (knex) =>
    knex.raw<{ storageKey: string; backend: string }[]>(
      `SELECT storage_key AS storageKey, backend FROM objects JOIN blobs ON blobs.id = objects.blob_id
        JOIN replicas ON replicas.blob_id = blobs.id WHERE key = ? AND state = 'verified'`,
      [key],
    ),
  );
  return { storageKey: rows[0]?.storageKey ?? "", holders: rows.map(({ backend }) => backend) };
}

/** Damages one copy of a new object in each of these places. */
async function spoil(
  rig: LoadedRig,
  places: readonly Place[],
  size: number,
  [harm, damage]: (typeof harms)[number],
): Promise<readonly Rotten[]> {
  const rotten: Rotten[] = [];
  let left = places;
  for (let count = 0; left.length > 0; count++) {
    const key = `rotten/${size}-${harm}-${count}`;
    const bytes = randomBytes(size);
    const { storageKey, holders } = await write(rig, key, bytes);
    const place = left.find(({ name }) => holders.includes(name));
    if (place === undefined) continue;
    const { path, at } = await contentIn(await place.directoryOf(storageKey));
    await damage(path, at);
    left = left.filter((one) => one !== place);
    rotten.push({ key, bytes, place });
  }
  return rotten;
}

/** Reads in whole and, where the store checks ranges, around the damage, from beside it. Returns what was wrong. */
async function faultsOfReads(rig: LoadedRig, { key, bytes, place }: Rotten): Promise<readonly string[]> {
  const region = rig.stores.config.regions.find(({ name }) => name === place.name);
  const near = { "x-nearbucket-client": `${region?.latitude},${region?.longitude}` };
  const read = async (first: number, last: number, range?: string) => {
    const headers = range === undefined ? {} : { range };
    const reply = await rig.ask({ path: `/bucket/${key}`, headers, unsignedHeaders: near });
    const isRight = reply?.body.equals(bytes.subarray(first, last + 1)) === true;
    return isRight ? [] : [`${key}, ${range ?? "whole"}: ${reply?.status ?? "cut"}, ${reply?.body.length} bytes`];
  };
  const middle = Math.floor(bytes.length / 2);
  const ranges = place.checksRanges
    ? ([
        [0, 99],
        [middle - 300, middle + 300],
        [bytes.length - 600, bytes.length - 1],
      ] as const)
    : [];
  const faults: string[] = [];
  for (const [first, last] of ranges) faults.push(...(await read(first, last, `bytes=${first}-${last}`)));
  return [...faults, ...(await read(0, bytes.length - 1))];
}

/** Rot is found by reads: whoever reads all that stands on a backend finds it as well. */
async function detect(rig: LoadedRig, rotten: readonly Rotten[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const one of rotten) faults.push(...(await faultsOfReads(rig, one)));
  return faults;
}

describeWith(["minio"], "a gateway over a MinIO, a node and a disk, whose files rot", () => {
  it("serves no damaged byte, and replaces what is damaged", { timeout: TIMEOUT_MS }, async () => {
    const [minio, node, disk] = [await minioStores(1, undefined, false), await nodeStores(1, 1), await diskStores(1)];
    await using rig = await openLoadedRig(together(minio, node, disk), { cache: { bytes: 0 } });
    const [config] = disk.config.backends;
    const [[first], [second]] = [minio.servers, node.servers];
    if (first === undefined || second === undefined || config?.kind !== "disk") throw new Error("no store");
    const places = await placesOf(first, second, config.directory);
    for (let round = 0; round < ROUNDS; round++) {
      const rotten: Rotten[] = [];
      for (const size of sizes)
        for (const harm of isLong || size < PART ? harms : harms.slice(0, 1))
          rotten.push(...(await spoil(rig, places, size, harm)));
      expect(await faultsOfCopies(rig, rig.stable)).not.toEqual([]);
      const traffic = startTraffic(rig, openChance("rot"));
      await traffic.load.acknowledged(20);
      expect(await detect(rig, rotten)).toEqual([]);
      await traffic.stop();
      const { proxied, redirected } = traffic;
      expect([...proxied.wrong, ...proxied.repeated, ...redirected.wrong]).toEqual([]);
      // A read that breaks off too early to show the damage itself leaves it to the next one.
      const mended = async () => {
        expect(await detect(rig, rotten)).toEqual([]);
        expect(await faultsOfCopies(rig, rig.stable)).toEqual([]);
      };
      await vi.waitFor(mended, { timeout: 120_000, interval: 500 });
      expect(await faultsAfter(rig, "after the rot")).toEqual([]);
      process.stderr.write(`rot: ${rotten.length} damaged copies, ${rig.ledger.summary}\n`);
    }
  });
});
