// A gateway that is killed at a random moment keeps everything it acknowledged, and leaves no orphan on any backend.
// Shows I1, I2, I3, I6, I7, I8, I9 of docs/durability.md.
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWith } from "../support/programs.ts";
import { withDatabase } from "./books.ts";
import { isLong, openChance } from "./chance.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import { startLoad } from "./load.ts";
import { diskStores, minioStores, nodeStores } from "./stores.ts";

const MINUTE_MS = 60_000;

/** What happens beside the kill, every second time. */
interface Beside {
  /** A store is killed under it first, and comes back before it. */
  readonly storesDie?: true;
  /** Its database is gone, and restored from the journal. */
  readonly databaseIsLost?: true;
}

/** Kills the gateway during a load and restarts it, `kills` times. Returns the faults that are left in the end. */
async function killOften(rig: CrashRig, title: string, kills: number, beside: Beside = {}): Promise<readonly string[]> {
  const chance = openChance(title);
  const { gateway, recorder, ledger } = rig;
  const began = performance.now();
  let storesKilled = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const load = startLoad(recorder, chance);
    await load.acknowledged(1 + chance.below(60));
    const store = beside.storesDie && kill % 2 === 0 ? chance.pick(rig.stores.servers) : undefined;
    if (store !== undefined) {
      storesKilled++;
      await store.kill();
      await load.acknowledged(1 + chance.below(20));
    }
    await gateway.kill();
    await load.stop();
    await store?.restart();
    if (beside.databaseIsLost && kill % 2 === 0) {
      await rm(gateway.dataDirectory, { recursive: true });
      const told = JSON.parse(await gateway.command("restore", "--json"));
      expect(told).toMatchObject({ findings: [], unused: 0, lostBlobs: 0 });
    }
    await gateway.restart();
    await recorder.readAll(`after kill ${kill}`);
    expect(ledger.violations).toEqual([]);
  }
  process.stderr.write(
    `${title}: ${kills} kills, ${storesKilled} of stores, ${ledger.summary}, ${Math.round((performance.now() - began) / 1000)} s\n`,
  );
  expect(ledger.acknowledged).toBeGreaterThan(kills);
  return rig.faultsWhenSettled();
}

describeWith(["minio"], "a gateway over two MinIOs that is killed at random moments", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 60 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await minioStores());
    expect(await killOften(rig, "kills over two MinIOs", isLong ? 150 : 4)).toEqual([]);
  });
});

describe("a gateway over five disks that is killed at random moments", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 40 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await diskStores(5));
    expect(await killOften(rig, "kills over five disks", isLong ? 50 : 3)).toEqual([]);
  });
});

describe("a gateway over five nodes that are killed too", () => {
  it("keeps every acknowledged write and leaves no orphan", { timeout: (isLong ? 90 : 5) * MINUTE_MS }, async () => {
    await using rig = await openCrashRig(await nodeStores(5));
    expect(await killOften(rig, "kills over five nodes", isLong ? 150 : 2, { storesDie: true })).toEqual([]);
  });
});

describeWith(["minio"], "a gateway over two MinIOs that is killed and loses its database", () => {
  it("keeps every acknowledged write", { timeout: (isLong ? 40 : 5) * MINUTE_MS }, async () => {
    const journal = { mode: "ack", seconds: 1 } as const;
    await using rig = await openCrashRig(await minioStores(), {
      encryptionKey: "kept elsewhere by all means",
      journal,
    });
    const faults = await killOften(rig, "kills and lost databases", isLong ? 60 : 2, { databaseIsLost: true });
    // An upload that was begun there when the end came is in no segment.
    expect(faults.filter((fault) => !fault.endsWith("/xl.meta is an orphan"))).toEqual([]);
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
