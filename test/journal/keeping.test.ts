// How often a gateway that looks at its journal all the time tries what fails, and that it ends with its gateway.
import { expect, it, vi } from "vitest";
import { type JournalKeepingOptions, openJournalKeeping } from "../../src/journal/keeping.ts";
import { openLog } from "../../src/log.ts";
import type { Heard } from "../../src/metadata/engine.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { startFarStores } from "../support/far-stores.ts";
import { KEYS } from "../support/journal-scene.ts";
import { openRigOver, type Rig } from "../support/rig.ts";

const WITHIN = { timeout: 20_000, interval: 10 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** By default of a database that others may have, and of which nothing is heard: it looks 20 times a second. */
function keep(rig: Rig, change: Partial<JournalKeepingOptions> = {}) {
  return openJournalKeeping({
    ...{ mode: "ack", isShared: true, intervalMs: MINUTE_MS, snapshotMs: HOUR_MS, keepMs: HOUR_MS },
    ...{ journal: rig.metadata.journal, fleet: rig.fleet, keys: async () => KEYS, schema: SCHEMA },
    ...{ now: rig.clock.now, log: openLog("silent") },
    ...change,
  });
}

it("tries a snapshot that no backend takes once in its interval, and writes on meanwhile", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig, stores: far } = s;
  const { journal } = rig.metadata;
  const snapshots = { method: "PUT", key: /^journal\/.*snapshots/ } as const;
  const failing = far.stores.map((store) => store.script(snapshots, { do: "status", status: 500 }));
  const keeping = await keep(rig);
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
    collect(...given: Parameters<typeof collect>) {
      collected += 1;
      return collect(...given);
    },
    listen: (heard: (what: Heard) => void) => ({ hears: () => true, close: async () => heard("released") }),
  });
  const keeping = await keep(s.rig, { journal: talking });
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await vi.waitFor(async () => expect(await journal.waiting()).toBe(0), WITHIN);
  const closing = keeping.close();
  const before = collected;
  await closing;
  expect(collected - before).toBeLessThanOrEqual(1);
});

it("lets clients wait, and not fail, when another gateway has begun to write it", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig } = s;
  const { journal } = rig.metadata;
  // It looks once a minute alone: what it meets is met by the client.
  const keeping = await keep(rig, { isShared: false });
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  rig.clock.advance(MINUTE_MS);
  const head = await journal.take("another", HOUR_MS);
  if (head === undefined) throw new Error("the lease has not ended");
  await rig.put("k", Buffer.from("k"));
  let isAnswered = false;
  const answer = keeping.acknowledge().then(() => {
    isAnswered = true;
  });
  const segment = await vi.waitFor(async () => {
    const collected = await journal.collect(head, 100);
    if (collected === undefined) throw new Error("nothing has changed");
    return collected;
  }, WITHIN);
  expect(isAnswered).toBe(false);
  await journal.settle(segment, "as if it were written", HOUR_MS);
  await answer;
  await keeping.close();
});

it("acknowledges nothing, and says why, once a gateway that wants no journal has ended it", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig } = s;
  const keeping = await keep(rig, { isShared: false });
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await rig.put("before", Buffer.from("before"));
  await keeping.acknowledge();
  await (await keep(rig, { mode: "off" })).close();
  await rig.put("after", Buffer.from("after"));
  await expect(keeping.acknowledge()).rejects.toMatchObject({ code: "ServiceUnavailable" });
  expect(keeping.report()?.reason).toContain("journal.mode: off has ended it");
  await keeping.close();
});

it("makes a snapshot of its own for a journal that another gateway has begun anew", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig, stores: far } = s;
  const keeping = await keep(rig);
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  const first = keeping.report()?.snapshot?.journal;
  await rig.metadata.journal.end();
  await rig.metadata.journal.beginFirst("begun anew");
  await vi.waitFor(() => expect(keeping.report()?.snapshot?.journal).toBe("begun anew"), WITHIN);
  expect(first).not.toBe("begun anew");
  await rig.put("k", Buffer.from("k"));
  await keeping.acknowledge();
  const named = far.stores.flatMap(({ objects }) => [...objects.keys()].filter((key) => key.includes("begun anew")));
  expect(named).toContainEqual(expect.stringContaining("snapshots/"));
  await keeping.close();
});

it("takes its files for whole nowhere else while one of its two backends is away", async () => {
  await using s = await openRigOver(await startFarStores(2));
  const { rig, stores: far } = s;
  const keeping = await keep(rig, { mode: "interval", intervalMs: 20 });
  keeping.start();
  await vi.waitFor(() => expect(keeping.report()).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await far.store("b").stop();
  await rig.fleet.probeNow();
  for (const key of ["1", "2", "3"]) {
    await rig.metadata.jobs.add({ kind: "drop", storageKey: key, backends: [] });
    await vi.waitFor(async () => expect(await rig.metadata.journal.waiting()).toBe(0), WITHIN);
  }
  expect(keeping.report()).toMatchObject({ complete: ["a", "b"], writtenTo: ["a"] });
  await keeping.close();
});
