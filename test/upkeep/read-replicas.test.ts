// A blob that is read often from far away gets a copy there, which counts for nothing else and goes when the reading stops.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { goodCopies } from "../../src/blobs/replicas/good-copies.ts";
import { openLog } from "../../src/log.ts";
import { openFarReads } from "../../src/upkeep/far-reads.ts";
import type { Wanted } from "../../src/wanted.ts";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { openRig, type Rig, statesOf } from "../support/rig.ts";
import { DAY, HOUR, pass } from "./repair-support.ts";

const bytes = randomBytes(20_000);
const RULE = { afterReads: 3, max: 1, ttlHours: 2 } as const;
const REGIONS: Readonly<Record<string, string>> = { a: "x", b: "y", c: "z" };

/** An object whose copies leave out one region, where it is read. */
async function stored(rig: Rig, wanted?: Wanted) {
  await rig.put("key", bytes, wanted === undefined ? {} : { wanted });
  await rig.upkeep.runDue();
  const states = await statesOf(rig, "key");
  const far = Object.keys(REGIONS).find((name) => states[name] === undefined) ?? "";
  const { id } = await rig.blobOf("key");
  const read = (reads: number, region = REGIONS[far] ?? "") =>
    rig.metadata.readDemand.record([{ blobId: id, region, reads, rule: RULE }]);
  const stateThere = async () => (await statesOf(rig, "key"))[far];
  return { far, read, stateThere, id };
}

describe.each(["SQLite", ...(postgresUrl ? ["PostgreSQL"] : [])])("read replicas, on %s,", (engine) => {
  const on = async (test: (rig: Rig) => Promise<void>) => {
    const database = engine === "SQLite" ? undefined : await makePostgres(postgresUrl ?? "");
    const rig = await openRig({ graceMs: DAY, ...(database && { engine: database.engine }) });
    try {
      await test(rig);
    } finally {
      await rig[Symbol.asyncDispose]();
      await database?.remove();
    }
  };

  it("come after so many reads, over all gateways, are read, and go with their bytes when the reading stops", () =>
    on(async (rig) => {
      const { far, read, stateThere } = await stored(rig);
      await read(2);
      await rig.upkeep.runDue();
      expect(await stateThere()).toBeUndefined();
      await read(1);
      await rig.upkeep.runDue();
      expect(await stateThere()).toBe("reader");
      expect((await rig.get("key", { order: [far] })).equals(bytes)).toBe(true);
      await pass(rig, rig.upkeep, HOUR);
      await read(1);
      await pass(rig, rig.upkeep, HOUR + HOUR / 2);
      expect(await stateThere()).toBe("reader");
      await pass(rig, rig.upkeep, HOUR, HOUR);
      expect(await stateThere()).toBe("lost");
      await pass(rig, rig.upkeep, DAY, HOUR, HOUR);
      expect(await stateThere()).toBeUndefined();
      expect((await rig.standing())[far]).toEqual([]);
      expect(Object.values(await statesOf(rig, "key"))).toEqual(["verified", "verified"]);
    }));

  it("keep nothing safe: a lost copy is replaced although one of them stands", () =>
    on(async (rig) => {
      const { far, read, id } = await stored(rig);
      await read(3);
      await rig.upkeep.runDue();
      const blob = await rig.blobOf("key");
      expect(goodCopies({ fleet: rig.fleet, copies: 2 }, blob).map(({ name }) => name)).not.toContain(far);
      expect((await rig.metadata.holders.sets()).flatMap(({ backends }) => backends)).not.toContain(far);
      const [lost = ""] = goodCopies({ fleet: rig.fleet, copies: 2 }, blob).map(({ name }) => name);
      await rig.metadata.backends.setState(lost, "draining");
      rig.fleet.setRegistrations(await rig.metadata.backends.list());
      await rig.metadata.blobs.setReplica(id, lost, "lost", blob.storageKey);
      await rig.upkeep.runDue();
      expect((await statesOf(rig, "key"))[far]).toBe("verified");
      await pass(rig, rig.upkeep, 3 * HOUR, DAY, HOUR);
      expect((await statesOf(rig, "key"))[far]).toBe("verified");
    }));

  it("stay within the regions of the blob, and go nowhere that is being emptied", () =>
    on(async (rig) => {
      const home = await stored(rig, { regions: ["x", "y"] });
      await home.read(9, "z");
      await rig.upkeep.runDue();
      expect(await statesOf(rig, "key")).toEqual({ a: "verified", b: "verified" });
      await rig.put("other", randomBytes(100));
      const { id, replicas } = await rig.blobOf("other");
      const far = Object.keys(REGIONS).find((name) => !replicas.some(({ backend }) => backend === name)) ?? "";
      await rig.metadata.backends.setState(far, "draining");
      rig.fleet.setRegistrations(await rig.metadata.backends.list());
      await rig.metadata.readDemand.record([{ blobId: id, region: REGIONS[far] ?? "", reads: 9, rule: RULE }]);
      await rig.upkeep.runDue();
      expect(Object.keys(await statesOf(rig, "other"))).not.toContain(far);
    }));

  it("leave a backend that is emptied, and are made anew when their bytes are gone", () =>
    on(async (rig) => {
      const { far, read, stateThere } = await stored(rig);
      await read(3);
      await rig.upkeep.runDue();
      const { storageKey } = await rig.blobOf("key");
      await rig.backend(far).delete(storageKey);
      expect((await rig.get("key", { order: [far] })).equals(bytes)).toBe(true);
      expect(await stateThere()).toBe("lost");
      await pass(rig, rig.upkeep, DAY + HOUR, HOUR, HOUR);
      await read(3);
      await rig.upkeep.runDue();
      expect(await stateThere()).toBe("reader");
      await rig.metadata.backends.setState(far, "draining");
      rig.fleet.setRegistrations(await rig.metadata.backends.list());
      await pass(rig, rig.upkeep, HOUR, DAY, HOUR, HOUR);
      expect(await stateThere()).toBeUndefined();
    }));
});

it("counts far reads in memory, one of many for all where many are waited for, and no more keys than it may", async () => {
  const seen: number[] = [];
  const draws = [0, 0.5, 0.9, 0.01];
  const random = () => draws.shift() ?? 0;
  const counter = openFarReads({
    record: async (all) => void seen.push(...all.map(({ reads }) => reads)),
    random,
    log: openLog("silent"),
  });
  for (let at = 0; at < 4; at++) counter.note(1, "x", { ...RULE, afterReads: 1600 });
  for (let at = 0; at < 20_000; at++) counter.note(at + 2, "x", RULE);
  await counter.flush();
  expect([seen[0], seen.length]).toEqual([32, 10_000]);
  await counter.flush();
  expect(seen.length).toBe(10_000);
  await counter.close();
});
