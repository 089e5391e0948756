// A power cut loses no acknowledged write: neither commits of the database nor blobs of disk backends.
// Shows I1, I2, I3, I7 of docs/durability.md.
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeOnLoopDisk, type LoopDisk, openLoopDisk } from "../support/loop-disk.ts";
import { withDatabase } from "./books.ts";
import { type Chance, isLong, openChance } from "./chance.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import type { Ledger } from "./ledger.ts";
import { startLoad } from "./load.ts";
import { diskStores } from "./stores.ts";

const DISK_BYTES = (isLong ? 2048 : 512) * 1024 ** 2;
const CUTS = isLong ? 100 : 2;

async function openRigOn(disk: LoopDisk, durable: boolean): Promise<CrashRig> {
  const dataDirectory = join(disk.directory, "data");
  return openCrashRig(await diskStores(2, { place: disk.directory }), {
    dataDirectory,
    metadata: { kind: "sqlite", file: join(dataDirectory, "metadata.sqlite"), durable },
  });
}

/** Cuts the power during a load, kills the gateway, and mounts the disk again. */
async function cutUnderLoad(rig: CrashRig, disk: LoopDisk, chance: Chance): Promise<void> {
  const load = startLoad(rig.recorder, chance);
  await load.acknowledged(10 + chance.below(60));
  await disk.cut([rig.gateway.server.pid]);
  await rig.gateway.kill();
  await load.stop();
  await disk.restore();
}

const isThere = (ledger: Ledger, key: string) => ledger.certain(key)?.standing !== undefined;

/** None when the database is damaged. A gateway on it might wait half a minute before it says so. */
function keysIn(databaseFile: string): Promise<ReadonlySet<string>> {
  const rows = withDatabase(databaseFile, (knex) => knex.raw<{ key: string }[]>("SELECT key FROM objects"));
  return rows.then(
    (all) => new Set(all.map(({ key }) => key)),
    () => new Set(),
  );
}

describeOnLoopDisk("a gateway whose database and disks lose power", () => {
  it("keeps every acknowledged write", { timeout: CUTS * 30_000 }, async () => {
    await using disk = await openLoopDisk(DISK_BYTES);
    await using rig = await openRigOn(disk, true);
    const chance = openChance("power cuts");
    for (let cut = 1; cut <= CUTS; cut++) {
      await cutUnderLoad(rig, disk, chance);
      await rig.gateway.restart();
      await rig.recorder.readAll(`after cut ${cut}`);
      expect(rig.ledger.violations).toEqual([]);
    }
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });

  it("loses acknowledged writes if commits are not synced", { timeout: 60_000 }, async () => {
    await using disk = await openLoopDisk(DISK_BYTES);
    await using rig = await openRigOn(disk, false);
    await cutUnderLoad(rig, disk, openChance("power cuts without sync"));
    const { ledger } = rig;
    const kept = await keysIn(rig.databaseFile);
    expect(ledger.keys().filter((key) => isThere(ledger, key) && !kept.has(key))).not.toEqual([]);
  });
});
