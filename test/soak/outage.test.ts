// While one of three stores is down, full, slow or wrong, every read is right, and every write is done or answered with
// 503. Afterwards repair brings every object back onto two stores in two regions.
// Shows I1, I4, I7, I8, I12 of docs/durability.md.
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { scheduler } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeOnLoopDisk, openLoopDisk } from "../support/loop-disk.ts";
import type { Minio } from "../support/minio.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import type { S3Proxy } from "../support/s3-proxy.ts";
import { isLong, openChance } from "./chance.ts";
import { startLoad } from "./load.ts";
import { faultsAfter, type LoadedRig, openLoadedRig } from "./loaded-rig.ts";
import { startReaders } from "./readers.ts";
import { minioStores } from "./stores.ts";

const OUTAGE_MS = isLong ? 60_000 : 6_000;
/** Before it: what it is compared with, in the long form. */
const CALM_MS = isLong ? OUTAGE_MS / 2 : 500;
/** A store that does not answer is known to be down by then: a probe begins within 1 s, and two may take 1.5 s each. */
const SEEN_MS = 5_000;
/** What a read takes at a store that takes a second for each answer. */
const SLOW_READ_MS = 1000;
/** The longest that a read waits for a store which does not answer, and a second for a machine with too much to do. */
const LONGEST_MS = 6_000;
/** Where reads are quicker, what a hedged read waits for is more than three times as long. */
const FLOOR_MS = 200;
const DISK_BYTES = 768 * 1024 ** 2;
const TIMEOUT_MS = OUTAGE_MS * 3 + 60_000;

type OutageRig = LoadedRig<Awaited<ReturnType<typeof minioStores>>>;

/** The store that fails is the first. */
function victimOf({ stores }: OutageRig): { readonly victim: Minio; readonly proxy: S3Proxy } {
  const [victim] = stores.servers;
  const [proxy] = stores.proxies;
  if (victim === undefined || proxy === undefined) throw new Error("no store");
  return { victim, proxy };
}

interface Outage {
  begin(rig: OutageRig): Promise<void> | void;
  end(rig: OutageRig): Promise<void> | void;
  /** A read may be cut: bytes that are known to be wrong after they were sent. The next read must be right. */
  readonly cuts?: true;
}

const outages: Readonly<Record<string, Outage>> = {
  "stands still": {
    begin: (rig) => void process.kill(victimOf(rig).victim.server.pid, "SIGSTOP"),
    end: (rig) => void process.kill(victimOf(rig).victim.server.pid, "SIGCONT"),
  },
  dies: {
    begin: (rig) => victimOf(rig).victim.kill(),
    end: (rig) => victimOf(rig).victim.restart(),
  },
  "takes a second for each answer": {
    begin: (rig) => void victimOf(rig).proxy.script({}, { do: "slow", ms: 1000 }),
    end: (rig) => victimOf(rig).proxy.reset(),
  },
  "answers with 500": {
    begin: (rig) => void victimOf(rig).proxy.script({}, { do: "status", status: 500 }),
    end: (rig) => victimOf(rig).proxy.reset(),
  },
  "gives wrong bytes": {
    begin: (rig) => void victimOf(rig).proxy.script({ method: "GET", key: /^blobs/ }, { do: "spoil", change: flipped }),
    end: (rig) => victimOf(rig).proxy.reset(),
    cuts: true,
  },
};

/** One bit in the middle. */
function flipped(body: Buffer): Buffer {
  const at = Math.floor(body.length / 2);
  if (body.length > 0) body.writeUInt8(body.readUInt8(at) ^ 1, at);
  return body;
}

/**
 * Runs readers and writers before and during the outage of one store, and returns what was wrong: with an answer, or, after
 * repair, with a copy on a store.
 */
async function faultsDuring(rig: OutageRig, title: string, outage: Outage): Promise<readonly string[]> {
  const chance = openChance(title);
  const readers = startReaders(rig.ask, rig.stable, chance);
  const load = startLoad(rig.recorder, chance);
  await scheduler.wait(CALM_MS);
  const before = readers.take();
  await outage.begin(rig);
  await scheduler.wait(SEEN_MS);
  const caught = readers.take();
  await scheduler.wait(Math.max(OUTAGE_MS - SEEN_MS, 3 * SLOW_READ_MS));
  const during = readers.take();
  await outage.end(rig);
  await Promise.all([readers.stop(), load.stop()]);
  expect(during.length).toBeGreaterThan(0);
  const times = Object.entries({ before, caught, during }).map(
    ([when, all]) => `${when}: ${all.length}, p99 ${p99(all)} ms, longest ${Math.round(all.at(-1) ?? 0)} ms`,
  );
  process.stderr.write(`${title}: ${rig.ledger.summary}; reads ${times.join("; ")}\n`);
  const all = [...caught, ...during].sort((a, b) => a - b);
  const slow = times.filter(() => (caught.at(-1) ?? 0) > LONGEST_MS || p99(all) > quick(before));
  const cut = [...readers.repeated, ...rig.takeCut()];
  return [
    ...readers.wrong,
    ...(outage.cuts ? [] : cut),
    ...slow,
    ...(await faultsAfter(rig, `after a store that ${title}`)),
  ];
}

/** Of sorted times. */
function p99(times: readonly number[]): number {
  return Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
}

/** From its first second on, an outage makes reads three times as slow at most. The short form has too few to tell. */
function quick(before: readonly number[]): number {
  return isLong ? 3 * Math.max(p99(before), FLOOR_MS) : LONGEST_MS;
}

describeWith(["minio"], "a gateway over three stores, one of which", () => {
  let rig: OutageRig;
  beforeAll(async () => {
    rig = await openLoadedRig(await minioStores(3));
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it.each(Object.entries(outages))("%s, gets every call right", { timeout: TIMEOUT_MS }, async (title, outage) => {
    expect(await faultsDuring(rig, title, outage)).toEqual([]);
  });

  it("had all of these outages has nothing but its objects, twice", { timeout: TIMEOUT_MS }, async () => {
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });
});

describeOnLoopDisk("a gateway over three stores, one of which is full", () => {
  it("gets every call right", { timeout: TIMEOUT_MS }, async () => {
    await using disk = await openLoopDisk(DISK_BYTES);
    await using rig = await openLoadedRig(await minioStores(3, disk.directory));
    const full: Outage = {
      begin: () => fill(disk.directory),
      end: () => rm(join(disk.directory, "filler"), { recursive: true }),
    };
    expect(await faultsDuring(rig, "is full", full)).toEqual([]);
  });
});

/** Takes all blocks that are left, although MinIO allocates and frees some meanwhile. */
async function fill(directory: string): Promise<void> {
  const folder = join(directory, "filler");
  await mkdir(folder);
  for (let count = 0; count < 20; count++) {
    const { bavail, bsize } = await statfs(directory);
    // If it is too much, what fits stays allocated.
    if (bavail > 0)
      await run(neededProgram("fallocate"), ["--length", String(bavail * bsize), join(folder, String(count))]).catch(
        () => {},
      );
  }
}
