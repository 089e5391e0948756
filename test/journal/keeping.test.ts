// How often a gateway that looks at its journal all the time tries what fails, and that it ends with its gateway.
import { expect, it, vi } from "vitest";
import { openJournalKeeping } from "../../src/journal/keeping.ts";
import { openLog } from "../../src/log.ts";
import type { Heard } from "../../src/metadata/engine.ts";
import type { Journal } from "../../src/metadata/journal.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { startFarStores } from "../support/far-stores.ts";
import { KEYS } from "../support/journal-scene.ts";
import { openRigOver, type Rig } from "../support/rig.ts";

const WITHIN = { timeout: 20_000, interval: 10 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** As of a database that others may have, and of which nothing is heard: it looks 20 times a second. */
function keep(rig: Rig, journal: Journal) {
  return openJournalKeeping({
    ...{ mode: "ack", isShared: true, intervalMs: MINUTE_MS, snapshotMs: HOUR_MS, keepMs: HOUR_MS },
    ...{ journal, fleet: rig.fleet, keys: async () => KEYS, schema: SCHEMA },
    ...{ now: rig.clock.now, log: openLog("silent") },
  });
}

it("tries a snapshot that no backend takes once in its interval, and writes on meanwhile", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig, stores: far } = s;
  const { journal } = rig.metadata;
  const snapshots = { method: "PUT", key: /^journal\/.*snapshots/ } as const;
  const failing = far.stores.map((store) => store.script(snapshots, { do: "status", status: 500 }));
  const keeping = await keep(rig, journal);
  const tries = () => failing.reduce((sum, { hits }) => sum + hits, 0);
  keeping.start();
  rig.clock.advance(MINUTE_MS);
  await vi.waitFor(() => expect(keeping.report()?.behindSince).toBeDefined(), WITHIN);
  const tried = tries();
  expect(tried).toBeGreaterThan(0);
  for (const key of ["1", "2", "3"]) {
    await rig.put(key, Buffer.from(key));
    await vi.waitFor(async () => expect(await journal.waiting()).toBe(0), WITHIN);
  }
  expect(tries()).toBe(tried);
  for (const one of failing) one.remove();
  rig.clock.advance(MINUTE_MS);
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await keeping.close();
});

it("does nothing more for what it hears while it is closed", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { journal } = s.rig.metadata;
  let collected = 0;
  const collect = journal.collect.bind(journal);
  const talking = Object.assign(journal, {
    collect(epoch: number, limit: number) {
      collected += 1;
      return collect(epoch, limit);
    },
    listen: (heard: (what: Heard) => void) => ({ hears: () => true, close: async () => heard("released") }),
  });
  const keeping = await keep(s.rig, talking);
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await vi.waitFor(async () => expect(await journal.waiting()).toBe(0), WITHIN);
  const closing = keeping.close();
  const before = collected;
  await closing;
  expect(collected - before).toBeLessThanOrEqual(1);
});
