// A gateway that is killed at a random moment keeps everything it acknowledged, and leaves no orphan on any backend.
// Shows I1, I2, I3, I6, I7, I8 of docs/durability.md.
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWith } from "../support/programs.ts";
import { withDatabase } from "./books.ts";
import { isLong, openChance } from "./chance.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import { startLoad } from "./load.ts";
import { diskStores, minioStores, nodeStores } from "./stores.ts";

const MINUTE_MS = 60_000;

/**
 * Kills the gateway during a load and restarts it, `kills` times. `storesDie`: every second time a store is killed under
 * it first, and comes back before it.
 */
async function killOften(rig: CrashRig, title: string, kills: number, storesDie = false): Promise<void> {
  const chance = openChance(title);
  const { gateway, recorder, ledger } = rig;
  const began = performance.now();
  let storesKilled = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const load = startLoad(recorder, chance);
    await load.acknowledged(1 + chance.below(60));
    const store = storesDie && kill % 2 === 0 ? chance.pick(rig.stores.servers) : undefined;
    if (store !== undefined) {
      storesKilled++;
      await store.kill();
      await load.acknowledged(1 + chance.below(20));
    }
    await gateway.kill();
    await load.stop();
    await store?.restart();
    await gateway.restart();
    await recorder.readAll(`after kill ${kill}`);
    expect(ledger.violations).toEqual([]);
  }
  process.stderr.write(
    `${title}: ${kills} kills, ${storesKilled} of stores, ${ledger.summary}, ${Math.round((performance.now() - began) / 1000)} s\n`,
  );
  expect(ledger.acknowledged).toBeGreaterThan(kills);
  expect(await rig.faultsWhenSettled()).toEqual([]);
}

describeWith(["minio"], "a gateway over two MinIOs that is killed at random moments", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 60 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await minioStores());
    await killOften(rig, "kills over two MinIOs", isLong ? 150 : 8);
  });
});

describe("a gateway over five disks that is killed at random moments", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 40 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await diskStores(5));
    await killOften(rig, "kills over five disks", isLong ? 50 : 5);
  });
});

describe("a gateway over five nodes that are killed too", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 90 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await nodeStores(5));
    await killOften(rig, "kills over five nodes", isLong ? 150 : 4, true);
  });
});

describe("the checks after a crash", () => {
  it("find an orphan, a missing copy, a wrong count and an object that went back", async () => {
    await using rig = await openCrashRig(await diskStores(2));
    const { ledger, recorder, stores } = rig;
    await recorder.put("old", Buffer.from("one"));
    await recorder.put("kept", Buffer.from("two"));
    ledger.wrote("old", undefined);
    await recorder.readAll("then");
    expect(ledger.violations).toEqual([expect.stringContaining("then: old is 7692c3ad3540, not absent")]);
    await rig.gateway.kill();
    const [config] = stores.config.backends;
    if (config?.kind !== "disk") throw new Error("no disk");
    const [held = ""] = (await stores.standing())[config.name] ?? [];
    await rename(join(config.directory, "data", held), join(config.directory, "data", "orphan"));
    await withDatabase(rig.databaseFile, (knex) =>
      knex.raw("UPDATE blobs SET ref_count = 2 WHERE storage_key <> ?", [held]),
    );
    expect(await rig.faults()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^blob \d+ counts 2 references and has 1$/),
        "disk-1: orphan is an orphan",
        `disk-1: ${held} is missing`,
      ]),
    );
  });
});
