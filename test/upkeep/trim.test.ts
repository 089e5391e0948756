// No surplus copy is removed unless enough others are good, whoever decides it and wherever it is interrupted.
// Shows I4, I5 of docs/durability.md.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import type { DiskName } from "../support/disks.ts";
import { OUTAGE_GRACE_MS } from "../support/rig.ts";
import { bytes, copiesOf, DAY, HOUR, MINUTE, openOther, others, pass, stored } from "./repair-support.ts";

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
      { numRuns: 8 },
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
