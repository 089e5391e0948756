// A gateway with the journal in mode `ack` is killed at any named point between a change and the segment that carries
// it. Started again with its database it goes on with a journal that is whole; restored from the journal alone it has
// all that was acknowledged, and what was not completely or not at all.
// Shows I1, I2, I9 of docs/durability.md.
import { rm } from "node:fs/promises";
import { scheduler } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../support/programs.ts";
import { isLong } from "./chance.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import { journalPoints } from "./journal-points.ts";
import { dieAt } from "./stage.ts";
import { minioStores } from "./stores.ts";

const TIMEOUT_MS = 90_000;
const POLL_MS = 50;
const QUIET_POLLS = 4;
/** In the ordinary run: the sharpest of them, in the way that needs the journal. */
const SHORT = [
  ...["the segment stands on the first store only", "the segment reaches the second store after the end"],
  ...["the segment stands on both stores and neither has said so", "the settling of the segment hangs"],
];
const POINTS = Object.entries(journalPoints).filter(([name]) => isLong || SHORT.includes(name));
const WAYS = isLong ? (["restarted", "restored"] as const) : (["restored"] as const);
const INDEX = { method: "PUT", key: /^journal\/.*\/snapshots\/.*\/index$/ } as const;
const WHOLE = { findings: [], unused: 0 };

describeWith(["minio"], "a gateway with a journal in mode ack that is killed when", () => {
  let rig: CrashRig;
  beforeAll(async () => {
    rig = await openCrashRig(await minioStores(), {
      ...{ encryptionKey: "what the operator kept elsewhere", journal: { mode: "ack" } },
    });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const restored = async (...words: readonly string[]) =>
    JSON.parse(await rig.gateway.command("restore", ...words, "--json"));
  const lose = async () => {
    await rig.gateway.kill();
    await rm(rig.gateway.dataDirectory, { recursive: true });
    expect(await restored()).toMatchObject({ ...WHOLE, lostBlobs: 0 });
  };

  it.each(POINTS)("%s is right", { timeout: TIMEOUT_MS }, async (name, point) => {
    for (const way of WAYS) {
      const key = `${way}-${Object.keys(journalPoints).indexOf(name)}`;
      const reach: typeof point.reach = async (stage) => {
        await untilQuiet(rig);
        await point.reach(stage);
      };
      await dieAt(rig, key, reach, { late: point.late ?? false, ...(way === "restored" && { meanwhile: lose }) });
      await rig.recorder.readAll(`${way} after ${name}`);
      expect(rig.ledger.violations.splice(0)).toEqual([]);
      expect(rig.ledger.settled.splice(0), way).toEqual([point[way]]);
      await rig.recorder.put(`${key}/after`, Buffer.from(key));
      expect(await restored("--dry-run"), way).toMatchObject(WHOLE);
    }
  });

  it("its restored database has no snapshot yet keeps all", { timeout: TIMEOUT_MS }, async () => {
    await lose();
    const held = rig.stores.proxies.map((proxy) => proxy.script(INDEX, { do: "hold" }));
    await rig.gateway.restart();
    await Promise.all(held.map(({ met }) => met));
    // It acknowledges nothing before.
    const writing = rig.recorder.put("before-the-snapshot", Buffer.from("lost"));
    await lose();
    for (const proxy of rig.stores.proxies) proxy.reset();
    expect(await writing).toBe(false);
    await rig.gateway.restart();
    await rig.recorder.readAll("restored from the journal before");
    expect(rig.ledger.violations).toEqual([]);
    expect(rig.ledger.settled.splice(0)).toEqual([false]);
  });

  it("all of this has happened leaves no orphan", { timeout: TIMEOUT_MS }, async () => {
    expect(await rig.faultsWhenSettled()).toEqual([]);
  });
});

/** What it writes of its own accord is written: the next segment is that of the next request. */
async function untilQuiet({ gateway }: CrashRig): Promise<void> {
  let same = 0;
  for (let before: unknown; same < QUIET_POLLS; await scheduler.wait(POLL_MS)) {
    const { journal } = await (await fetch(`${gateway.url}/-/status`)).json();
    same = journal.segment !== undefined && journal.segment === before ? same + 1 : 0;
    before = journal.segment;
  }
}
