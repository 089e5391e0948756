// Repair keeps `copies` good copies of every blob on backends that are up, whatever fails, and removes the others.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { type Fleet, openFleet } from "../../src/backends/fleet.ts";
import { openLog } from "../../src/log.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import { openUpkeep, type Upkeep } from "../../src/upkeep/upkeep.ts";
import { type DiskName, type Disks, openDisks } from "../support/disks.ts";
import { OUTAGE_GRACE_MS, openRig, type Rig } from "../support/rig.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const bytes = randomBytes(20_000);

/** Objects "0", "1", ... on two of three disks each. */
async function stored(count = 1, names: readonly DiskName[] = ["a", "b", "c"]) {
  const disks = await openDisks(names);
  const rig = await openRig({ backends: disks.backends, graceMs: DAY });
  for (let at = 0; at < count; at++) await rig.put(String(at), Buffer.concat([bytes, Buffer.from([at])]));
  await rig.upkeep.runDue();
  return {
    disks,
    rig,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await disks[Symbol.asyncDispose]();
    },
  };
}

/** Another gateway on the same database, with its own settings and probes. */
async function openOther(
  { metadata, clock }: Rig,
  { backends }: Disks,
  more: { draining?: DiskName[]; copies?: number; random?: () => number },
) {
  const common = { metadata, backends, now: clock.now, log: openLog("silent") };
  const regions = ["x", "y", "z"].map((name, index) => ({ name, latitude: 0, longitude: index * 10 }));
  const { draining, copies = 2, random = Math.random } = more;
  const limits = { probeIntervalMs: 60_000, outageGraceMs: OUTAGE_GRACE_MS };
  const fleet = openFleet({ ...common, ...limits, regions, draining });
  const registry = openRegistry({ ...common, fleet });
  await registry.refresh();
  const upkeep = openUpkeep({ ...common, fleet, copies, random, graceMs: DAY });
  const dispose = async () => {
    for (const one of [upkeep, registry, fleet]) await one.close();
  };
  return { fleet, upkeep, [Symbol.asyncDispose]: dispose };
}

async function setAway({ away }: Disks, fleet: Fleet, ...names: readonly DiskName[]): Promise<void> {
  away.clear();
  for (const name of names) away.add(name);
  await fleet.probeNow();
}

/** The backends that hold a blob's bytes, and those with a verified row. */
async function copiesOf({ rig, disks }: { rig: Rig; disks: Disks }, key: string) {
  const { storageKey, replicas } = await rig.blobOf(key);
  const verified = replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : [])).sort();
  return { bytes: await disks.holders(storageKey), verified, rows: replicas.length };
}

/** Runs what is due after each of these intervals. */
async function pass(rig: Rig, upkeep: Upkeep, ...steps: readonly number[]): Promise<void> {
  for (const ms of steps) {
    rig.clock.advance(ms);
    await upkeep.runDue();
  }
}

const others = (names: readonly string[]) => ["a", "b", "c"].filter((name) => !names.includes(name));

describe("an outage", () => {
  it("causes no copies within the grace period and new ones after it, and surplus copies are removed after its end", async () => {
    await using s = await stored();
    const { rig, disks } = s;
    const before = (await copiesOf(s, "0")).verified;
    const [lost, kept] = before as DiskName[];
    const [spare] = others(before);
    if (lost === undefined || kept === undefined || spare === undefined) throw new Error("there are three disks");

    await setAway(disks, rig.fleet, lost);
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS - 1);
    expect((await copiesOf(s, "0")).bytes).toEqual(before);
    await pass(rig, rig.upkeep, 1);
    expect(await copiesOf(s, "0")).toEqual({ bytes: ["a", "b", "c"], verified: ["a", "b", "c"], rows: 3 });
    expect((await rig.get("0", { order: [lost, spare] })).subarray(0, bytes.length).equals(bytes)).toBe(true);

    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0);
    const after = await copiesOf(s, "0");
    expect(after).toMatchObject({ bytes: ["a", "b", "c"], rows: 3 });
    expect(after.verified).toHaveLength(2);
    await pass(rig, rig.upkeep, DAY - HOUR, HOUR, HOUR);
    expect(await copiesOf(s, "0")).toEqual({ bytes: after.verified, verified: after.verified, rows: 2 });
  });

  it("is repaired for all blobs", async () => {
    await using s = await stored(20);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "a");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    for (let at = 0; at < 20; at++)
      expect((await copiesOf(s, String(at))).bytes).toEqual(expect.arrayContaining(["b", "c"]));
    expect((await rig.metadata.jobs.backlog()).map(({ kind }) => kind)).not.toContain("copy");
    await pass(rig, rig.upkeep, HOUR);
    expect(await rig.metadata.jobs.foundFew()).toBe(0);
  });

  it("adds no jobs that cannot succeed when too few disks are left, and the blobs are counted", async () => {
    await using s = await stored(3, ["a", "b"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "b");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    expect((await rig.metadata.jobs.backlog()).map(({ kind }) => kind)).not.toContain("copy");
    expect(await rig.metadata.jobs.foundFew()).toBe(3);
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0);
    expect(await rig.metadata.jobs.foundFew()).toBe(0);
  });

  it("of a whole region puts both copies into the other, and spreads them again afterwards", async () => {
    await using s = await stored(5, ["a", "b", "d"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "b");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS);
    for (let at = 0; at < 5; at++) expect((await copiesOf(s, String(at))).bytes).toEqual(["a", "b", "d"]);
    await setAway(disks, rig.fleet);
    await pass(rig, rig.upkeep, 0, DAY, HOUR);
    for (let at = 0; at < 5; at++) {
      const { bytes: held, rows } = await copiesOf(s, String(at));
      expect([rows, held.length, held.includes("b")]).toEqual([2, 2, true]);
    }
  });
});

describe("a disk", () => {
  it("that is draining loses its blobs after the grace period, once they are copied elsewhere", async () => {
    await using s = await stored(6);
    const { rig, disks } = s;
    await using other = await openOther(rig, disks, { draining: ["a"] });
    await other.fleet.probeNow();
    await pass(rig, other.upkeep, 0);
    const on = async (name: string) => {
      const all = await Promise.all(["0", "1", "2", "3", "4", "5"].map((key) => copiesOf(s, key)));
      return all.filter((copies) => copies.bytes.includes(name)).length;
    };
    expect([await on("b"), await on("c")]).toEqual([6, 6]);
    await pass(rig, other.upkeep, DAY, HOUR);
    expect([await on("a"), await on("b"), await on("c")]).toEqual([0, 6, 6]);
    expect(await rig.metadata.backends.holdsReplicas("a")).toBe(false);
  });

  it("that was removed loses its rows without being used, once the blobs are copied elsewhere", async () => {
    await using s = await stored(4, ["a", "b", "c"]);
    const { rig, disks } = s;
    await setAway(disks, rig.fleet, "a");
    await rig.metadata.backends.register("a", "identity");
    await rig.metadata.backends.setState("a", "removed");
    await pass(rig, rig.upkeep, 0, OUTAGE_GRACE_MS, HOUR);
    expect(await rig.metadata.backends.holdsReplicas("a")).toBe(false);
    for (let at = 0; at < 4; at++) expect((await copiesOf(s, String(at))).verified).toEqual(["b", "c"]);
  });

  it("loses the bytes of a failed write after the grace period", async () => {
    await using s = await stored();
    const { rig } = s;
    const { id, storageKey } = await rig.blobOf("0");
    const [spare = ""] = others((await copiesOf(s, "0")).verified);
    await rig.metadata.blobs.prepareReplica({ id, storageKey }, spare);
    const sink = rig.backend(spare).write(storageKey, 3);
    await sink.write(Buffer.from("abc"));
    await sink.finish();
    await pass(rig, rig.upkeep, 0, DAY - HOUR);
    expect((await copiesOf(s, "0")).bytes).toHaveLength(3);
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect(await copiesOf(s, "0")).toMatchObject({ bytes: (await copiesOf(s, "0")).verified, rows: 2 });
  });
});

describe("another number of copies", () => {
  it("causes copies at once when it is higher, and removals when it is lower", async () => {
    await using s = await stored(3);
    const { rig, disks } = s;
    await using more = await openOther(rig, disks, { copies: 3 });
    await pass(rig, more.upkeep, 0);
    for (let at = 0; at < 3; at++) expect((await copiesOf(s, String(at))).verified).toEqual(["a", "b", "c"]);
    await more.upkeep.close();
    await using less = await openOther(rig, disks, { copies: 2 });
    await pass(rig, less.upkeep, 0, DAY, HOUR);
    for (let at = 0; at < 3; at++) expect(await copiesOf(s, String(at))).toMatchObject({ rows: 2 });
  });
});

describe("two gateways with disks that fail and return", () => {
  const turn = fc.record({
    away: fc.constantFrom<readonly DiskName[]>([], ["a"], ["b"], ["c"]),
    seenBy: fc.constantFrom("both", "one", "other"),
    later: fc.constantFrom(0, MINUTE, OUTAGE_GRACE_MS + 1, HOUR, DAY + 1),
  });

  it("keep two good copies of every blob at every step, and only two in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
        await using s = await stored(2);
        const { rig, disks } = s;
        await using other = await openOther(rig, disks, {});
        const keys = await Promise.all(["0", "1"].map(async (key) => (await rig.blobOf(key)).storageKey));
        disks.onDelete = async (name, key) => {
          if (!keys.includes(key)) return;
          expect((await disks.holders(key)).filter((holder) => holder !== name).length).toBeGreaterThanOrEqual(2);
        };
        const check = async () => {
          for (const key of ["0", "1"]) {
            const copies = await copiesOf(s, key);
            expect(copies.verified.length).toBeGreaterThanOrEqual(2);
            expect(copies.bytes).toEqual(expect.arrayContaining(copies.verified));
          }
        };
        for (const { away, seenBy, later } of turns) {
          disks.away.clear();
          for (const name of away) disks.away.add(name);
          if (seenBy !== "other") await rig.fleet.probeNow();
          if (seenBy !== "one") await other.fleet.probeNow();
          rig.clock.advance(later);
          await Promise.all([rig.upkeep.runDue(), other.upkeep.runDue()]);
          await check();
        }
        disks.away.clear();
        await Promise.all([rig.fleet.probeNow(), other.fleet.probeNow()]);
        for (let hour = 0; hour < 3; hour++) {
          rig.clock.advance(hour === 1 ? DAY : HOUR);
          await Promise.all([rig.upkeep.runDue(), other.upkeep.runDue()]);
          await check();
        }
        for (const key of ["0", "1"]) expect(await copiesOf(s, key)).toMatchObject({ rows: 2 });
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});

describe("the removal of a surplus copy", () => {
  it("is finished later when it was interrupted, and nothing is copied there before", async () => {
    await using s = await stored();
    const { rig, disks } = s;
    const { id, storageKey } = await rig.blobOf("0");
    const [first = "", second = ""] = (await copiesOf(s, "0")).verified;
    const [spare = ""] = others([first, second]);
    await using more = await openOther(rig, disks, { copies: 3 });
    await pass(rig, more.upkeep, 0);
    await more.upkeep.close();
    expect(await rig.metadata.blobs.retireReplica({ id, storageKey }, spare, [first, second], rig.clock.now())).toBe(
      "lost",
    );
    disks.onDelete = async (name) => {
      throw new BackendError(name as DiskName, "unavailable");
    };
    await pass(rig, rig.upkeep, DAY, HOUR);
    const states = async () => (await rig.blobOf("0")).replicas.map(({ backend, state }) => [backend, state]).sort();
    expect(await states()).toContainEqual([spare, "deleting"]);
    await rig.metadata.blobs.setReplica(id, first, "lost");
    await pass(rig, rig.upkeep, 0);
    expect(await states()).toEqual(
      [first, second, spare].sort().map((name) => [name, name === spare ? "deleting" : "verified"]),
    );
    disks.onDelete = async () => undefined;
    await pass(rig, rig.upkeep, 2 * HOUR);
    expect(await copiesOf(s, "0")).toEqual({
      bytes: [first, second].sort(),
      verified: [first, second].sort(),
      rows: 2,
    });
  });

  it("does not begin when a copy that stays cannot be proven good", async () => {
    await using s = await stored();
    const { rig, disks } = s;
    const { storageKey } = await rig.blobOf("0");
    await using more = await openOther(rig, disks, { copies: 3 });
    await pass(rig, more.upkeep, 0);
    await more.upkeep.close();
    await rig.backend("a").delete(storageKey);
    // Draws "a" and "b" to stay.
    await using less = await openOther(rig, disks, { random: () => 0 });
    await pass(rig, less.upkeep, HOUR);
    expect(await copiesOf(s, "0")).toEqual({ bytes: ["b", "c"], verified: ["b", "c"], rows: 3 });
    await pass(rig, less.upkeep, DAY, HOUR, HOUR);
    expect(await copiesOf(s, "0")).toEqual({ bytes: ["b", "c"], verified: ["b", "c"], rows: 2 });
    expect((await rig.get("0")).subarray(0, bytes.length).equals(bytes)).toBe(true);
  });
});
