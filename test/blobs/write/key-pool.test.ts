import { describe, expect, it } from "vitest";
import { openKeyPool } from "../../../src/blobs/write/key-pool.ts";
import { openLog } from "../../../src/log.ts";
import type { KeyReservations } from "../../../src/metadata/key-reservations.ts";
import { openRig, type Rig } from "../../support/rig.ts";

const LEASE = 60_000;
const poolOf = (rig: Rig, names: KeyReservations = rig.metadata.keyReservations) =>
  openKeyPool({ reservations: names, leaseMs: LEASE, now: rig.clock.now, log: openLog("silent") });

/** The real names, one call of which fails the first time. */
function failingOnce(names: KeyReservations, method: "discard" | "reserve"): KeyReservations {
  let failed = false;
  return new Proxy(names, {
    get(target, property) {
      if (property === method && !failed)
        return async () => {
          failed = true;
          throw new Error("the database is away");
        };
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("the name pool", () => {
  it("never gives a name twice", async () => {
    await using rig = await openRig();
    const [one, two] = [await poolOf(rig), await poolOf(rig)];
    const names = await Promise.all(Array.from({ length: 300 }, (_, index) => (index % 2 ? one : two).take()));
    expect(new Set(names).size).toBe(300);
    expect(names.every((name) => /^blobs\/[0-9a-f]{2}\/[0-9a-f]+$/.test(name))).toBe(true);
    await one.close();
    await two.close();
  });

  it("releases what it did not use and ends its writer", async () => {
    await using rig = await openRig();
    const pool = await poolOf(rig);
    await pool.take();
    await pool.close();
    rig.clock.advance(1);
    expect(await rig.metadata.keyReservations.discardLeftovers(rig.clock.now())).toBe(1);
  });

  it("hands out no name of a lease that is over", async () => {
    await using rig = await openRig();
    const pool = await poolOf(rig);
    await pool.take();
    rig.clock.advance(LEASE);
    const fresh = await pool.take();
    const swept = await rig.metadata.keyReservations.discardLeftovers(new Date(rig.clock.now().getTime() + 1));
    expect(swept).toBeGreaterThan(60);
    expect(fresh).toBeTruthy();
    expect(
      await rig.metadata.keyReservations.discardLeftovers(new Date(rig.clock.now().getTime() + LEASE + 1)),
    ).toBeGreaterThan(0);
    await pool.close();
  });

  it("remembers a storage key that it could not discard and tries again", async () => {
    await using rig = await openRig();
    const pool = await poolOf(rig, failingOnce(rig.metadata.keyReservations, "discard"));
    const name = await pool.take();
    await pool.discard(name);
    expect(await rig.metadata.jobs.backlog()).toEqual([]);
    await pool.close();
    expect(await rig.metadata.jobs.backlog()).toMatchObject([{ kind: "drop", waiting: 1 }]);
  });

  it("says so when no name can be reserved, and recovers", async () => {
    await using rig = await openRig();
    const pool = await poolOf(rig, failingOnce(rig.metadata.keyReservations, "reserve"));
    await expect(pool.take()).rejects.toThrow("the database is away");
    expect(await pool.take()).toBeTruthy();
    await pool.close();
  });
});
