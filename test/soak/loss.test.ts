// A store that loses all it holds, is not mounted, is exchanged for another, or is taken out of the configuration: no read
// of an acknowledged object fails or is wrong, and repair brings every object back onto two stores in two regions.
// Shows I1, I4, I5, I7, I8, I12 of docs/durability.md.
import { rename } from "node:fs/promises";
import { scheduler } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { describeOnLoopDisk, openLoopDisk } from "../support/loop-disk.ts";
import { describeWith } from "../support/programs.ts";
import { withDatabase } from "./books.ts";
import { isLong, openChance } from "./chance.ts";
import { faultsAfter, type LoadedRig, openLoadedRig, startTraffic, type Traffic } from "./loaded-rig.ts";
import { diskStores, minioStores, type Stores } from "./stores.ts";

const CALM_MS = isLong ? 20_000 : 1_500;
const ROUNDS = isLong ? 10 : 1;
const TIMEOUT_MS = ROUNDS * 240_000;
const WITHIN = { timeout: 60_000, interval: 20 };
/** Every read is redirected that can be, and every proxied one asks a store. */
const CONFIG = { redirect: { minBytes: 0 }, cache: { bytes: 0 } };

async function untilSeen(rig: LoadedRig, name: string, condition: "up" | "lost"): Promise<void> {
  await vi.waitFor(async () => {
    const ready = (await (await fetch(`${rig.gateway.url}/-/ready`)).json()) as { backends: Record<string, string> };
    expect(ready.backends[name]).toBe(condition);
  }, WITHIN);
}

/**
 * Reads that were redirected to the store just before it was lost are repeated; later ones must not be. Returns what was
 * wrong.
 */
async function faultsOnceSeen({ proxied, redirected }: Traffic): Promise<readonly string[]> {
  // Those under way have ended when so many more have.
  redirected.take();
  for (let ended = 0; ended < 20; ended += redirected.take().length) await scheduler.wait(20);
  const before = redirected.repeated.length;
  await scheduler.wait(CALM_MS);
  return [...redirected.repeated.slice(before), ...proxied.repeated, ...proxied.wrong, ...redirected.wrong];
}

function report(rig: LoadedRig, title: string, { redirected }: Traffic): void {
  process.stderr.write(`${title}: ${rig.ledger.summary}, ${redirected.repeated.length} redirected reads repeated\n`);
}

describeWith(["minio"], "a gateway over three MinIOs, one of which comes back empty", () => {
  it("fails no read, and has all on two again when it is replaced", { timeout: TIMEOUT_MS }, async () => {
    await using rig = await openLoadedRig(await minioStores(3), CONFIG);
    const chance = openChance("a MinIO that comes back empty");
    for (let round = 0; round < ROUNDS; round++) {
      const { name } = chance.pick(rig.stores.config.backends);
      const minio = rig.stores.servers[rig.stores.config.backends.findIndex((backend) => backend.name === name)];
      const traffic = startTraffic(rig, chance);
      await traffic.load.acknowledged(20);
      await minio?.kill();
      await minio?.restart({ emptied: true });
      await untilSeen(rig, name, "lost");
      const faults = await faultsOnceSeen(traffic);
      expect(await rig.gateway.command("backends", "replace", name)).toContain(`${name} is the new store now`);
      await untilSeen(rig, name, "up");
      await traffic.load.acknowledged(20);
      await traffic.stop();
      report(rig, `${name} came back empty`, traffic);
      expect([...faults, ...traffic.proxied.wrong, ...traffic.redirected.wrong]).toEqual([]);
      expect(await faultsAfter(rig, `after ${name} was replaced`)).toEqual([]);
    }
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });
});

const directoryOf = ({ config }: Stores, at: number): string => {
  const backend = config.backends[at];
  if (backend?.kind !== "disk") throw new Error("no disk");
  return backend.directory;
};

interface DiskLoss {
  begin(rig: LoadedRig): Promise<unknown>;
  end(rig: LoadedRig): Promise<unknown>;
  /** The disks that the gateway cannot use meanwhile. */
  readonly lost: readonly string[];
}

async function exchange({ stores }: LoadedRig): Promise<void> {
  const [first, second] = [directoryOf(stores, 0), directoryOf(stores, 1)];
  await rename(first, `${first}-aside`);
  await rename(second, first);
  await rename(`${first}-aside`, second);
}

const losses: Readonly<Record<string, DiskLoss>> = {
  "one of which is gone for a while": {
    begin: ({ stores }) => rename(directoryOf(stores, 0), `${directoryOf(stores, 0)}-away`),
    end: ({ stores }) => rename(`${directoryOf(stores, 0)}-away`, directoryOf(stores, 0)),
    lost: ["disk-1"],
  },
  "two of which are exchanged for a while": { begin: exchange, end: exchange, lost: ["disk-1", "disk-2"] },
};

/** What stands only on these disks cannot be read while they are lost. */
async function readableWithout(rig: LoadedRig, lost: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await withDatabase(rig.databaseFile, (knex) =>
    knex.raw<{ key: string; backend: string }[]>(
      "SELECT key, backend FROM objects JOIN replicas ON replicas.blob_id = objects.blob_id WHERE state = 'verified'",
    ),
  );
  const readable = new Set(rows.filter(({ backend }) => !lost.includes(backend)).map(({ key }) => key));
  return new Map([...rig.stable].filter(([key]) => readable.has(key)));
}

async function faultsOfLoss(rig: LoadedRig, title: string, { begin, end, lost }: DiskLoss): Promise<readonly string[]> {
  const traffic = startTraffic(rig, openChance(title), await readableWithout(rig, lost));
  await traffic.load.acknowledged(20);
  await begin(rig);
  for (const name of lost) await untilSeen(rig, name, "lost");
  const faults = await faultsOnceSeen(traffic);
  await end(rig);
  for (const name of lost) await untilSeen(rig, name, "up");
  await traffic.load.acknowledged(20);
  await traffic.stop();
  report(rig, title, traffic);
  const { proxied, redirected } = traffic;
  return [...faults, ...proxied.wrong, ...redirected.wrong, ...(await faultsAfter(rig, title))];
}

describe("a gateway over four disks,", () => {
  it.each(Object.entries(losses))(
    "%s, fails no read and keeps every copy",
    { timeout: TIMEOUT_MS },
    async (title, loss) => {
      await using rig = await openLoadedRig(await diskStores(4), CONFIG);
      for (let round = 0; round < ROUNDS; round++) expect(await faultsOfLoss(rig, title, loss)).toEqual([]);
      expect(await rig.faultsWhenSettled()).toEqual([]);
    },
  );

  it("one of which is taken out of the configuration, fails no read and copies what stood there", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using rig = await openLoadedRig(await diskStores(4), CONFIG);
    const chance = openChance("taken out");
    const { backends } = rig.stores.config;
    for (let round = 0; round < ROUNDS; round++) {
      const { name } = chance.pick(backends);
      const left = backends.filter((backend) => backend.name !== name);
      for (const configured of [left, backends]) {
        await rig.gateway.kill();
        await rig.gateway.restart({ backends: configured });
        const traffic = startTraffic(rig, chance);
        await traffic.load.acknowledged(60);
        await traffic.stop();
        report(rig, `${configured.length} of four disks`, traffic);
        const { proxied, redirected } = traffic;
        expect([...proxied.wrong, ...proxied.repeated, ...redirected.wrong, ...redirected.repeated]).toEqual([]);
        const names = configured.map((backend) => backend.name);
        expect(await faultsAfter(rig, `with ${names.join(", ")}`, names)).toEqual([]);
      }
    }
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });
});

describeOnLoopDisk("a gateway over four disks, one of which", () => {
  it("is unmounted for a while, fails no read and keeps every copy", { timeout: TIMEOUT_MS }, async () => {
    await using disk = await openLoopDisk(1024 ** 3);
    await using rig = await openLoadedRig(await diskStores(4, { first: disk.directory }), CONFIG);
    const unmounted: DiskLoss = { begin: () => disk.unmount(), end: () => disk.mount(), lost: ["disk-1"] };
    for (let round = 0; round < ROUNDS; round++) expect(await faultsOfLoss(rig, "is unmounted", unmounted)).toEqual([]);
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });
});
