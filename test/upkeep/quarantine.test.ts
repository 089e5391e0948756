// What a store holds and no row knows is kept for the grace and then deleted, on that store alone; what becomes known,
// or may be the only copy, is not; and where there is much of it, an operator decides.
import { randomBytes } from "node:crypto";
import { expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { openLog } from "../../src/log.ts";
import { openUpkeep } from "../../src/upkeep/upkeep.ts";
import { bytesOf, type Rig } from "../support/rig.ts";
import {
  holders,
  nextDay,
  onEachEngine,
  openStock,
  otherThan,
  plant,
  quarantined,
  type Stock,
  strayKey,
  verified,
} from "./inventory-support.ts";
import { DAY, HOUR, MINUTE, pass } from "./repair-support.ts";

/** Bytes of an object on the store that has no row for it. */
async function uncounted(stock: Stock, key: string) {
  const blob = await stock.rig.blobOf(key);
  const third = otherThan(blob.replicas.map(({ backend }) => backend));
  await plant(stock, third, blob.storageKey, await stock.rig.get(key));
  return { blob, third };
}

/** Another gateway, which takes an inventory every six hours. */
function openOften({ metadata, fleet, blobs, clock }: Rig) {
  const common = { metadata, fleet, blobs, copies: 2, now: clock.now, log: openLog("silent") };
  const upkeep = openUpkeep({ ...common, graceMs: DAY, inventoryMs: 6 * HOUR });
  return { upkeep, [Symbol.asyncDispose]: () => upkeep.close() };
}

onEachEngine("what a store holds and no row knows", (kind) => {
  it("is kept for the grace, and then deleted there and nowhere else", async () => {
    await using stock = await openStock(kind, 3);
    const { rig } = stock;
    const before = await rig.standing();
    const key = await plant(stock, "a");
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({ a: [key] });
    await plant(stock, "b", key);
    await pass(rig, rig.upkeep, DAY - HOUR, 59 * MINUTE);
    expect(await holders(stock, key)).toEqual(["a", "b"]);
    await pass(rig, rig.upkeep, HOUR);
    expect(await holders(stock, key)).toEqual(["b"]);
    expect(await quarantined(stock)).toEqual({ b: [key] });
    await nextDay(stock);
    expect(await rig.standing()).toEqual(before);
    expect(await quarantined(stock)).toEqual({});
  });

  it("leaves the quarantine in the next walk when it is gone, or a row has come to know it", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    await using often = openOften(rig);
    const { blob, third } = await uncounted(stock, "0");
    const gone = await plant(stock, otherThan([third]));
    const stays = await plant(stock, third);
    await pass(rig, often.upkeep, DAY);
    expect(
      Object.values(await quarantined(stock))
        .flat()
        .sort(),
    ).toEqual([blob.storageKey, gone, stays].sort());
    await rig.backend(otherThan([third])).delete(gone);
    await rig.metadata.blobs.setReplica(blob.id, third, "lost", blob.storageKey);
    await pass(rig, often.upkeep, 6 * HOUR);
    expect(await quarantined(stock)).toEqual({ [third]: [stays] });
  });

  it("is deleted even where a copy of a blob stands that nobody counts, if enough others are good", async () => {
    await using stock = await openStock(kind);
    const { blob, third } = await uncounted(stock, "0");
    await nextDay(stock);
    expect(await quarantined(stock)).toEqual({ [third]: [blob.storageKey] });
    await nextDay(stock);
    expect(await holders(stock, blob.storageKey)).toEqual(verified(blob));
    expect(verified(await stock.rig.blobOf("0"))).toEqual(verified(blob));
    expect((await stock.rig.blobOf("0")).replicas).toHaveLength(2);
    expect(await quarantined(stock)).toEqual({});
  });

  it("is not deleted while it may be the only good copy of a blob", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const { blob } = await uncounted(stock, "0");
    const bytes = await rig.get("0");
    await nextDay(stock);
    for (const name of verified(blob)) await rig.backend(name).delete(blob.storageKey);
    await nextDay(stock);
    await nextDay(stock);
    expect(verified(await rig.blobOf("0"))).toHaveLength(2);
    expect((await rig.get("0")).equals(bytes)).toBe(true);
  });

  it("is left alone when a row has come to know it", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const { blob, third } = await uncounted(stock, "0");
    await nextDay(stock);
    expect(await quarantined(stock)).toEqual({ [third]: [blob.storageKey] });
    await rig.metadata.blobs.setReplica(blob.id, third, "verified", blob.storageKey);
    // Before the next walk: the last look alone decides.
    await rig.metadata.quarantine.judge(third, [blob.storageKey]);
    expect(await quarantined(stock)).toEqual({});
    expect(await holders(stock, blob.storageKey)).toHaveLength(3);
  });

  it("is deleted when it is the late bytes of a write that failed, which came after its drop job", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const begun = await rig.blobs.put(bytesOf(randomBytes(5000)), { scope: rig.scope });
    const { storageKey, backends } = begun.content as { storageKey: string; backends: readonly string[] };
    await rig.metadata.keyReservations.discard(storageKey);
    await rig.upkeep.runDue();
    expect(await holders(stock, storageKey)).toEqual([]);
    const [late = ""] = backends;
    await plant(stock, late, storageKey);
    await nextDay(stock);
    expect(await holders(stock, storageKey)).toEqual([late]);
    await nextDay(stock);
    expect(await holders(stock, storageKey)).toEqual([]);
  });

  it("stays in quarantine while its store does not delete it, and keeps nothing else back", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const keys = [await plant(stock, "a"), await plant(stock, "a")];
    await nextDay(stock);
    const store = rig.fleet.get("a")?.backend;
    if (store === undefined) throw new Error("no store");
    const refusal = new BackendError("a", "refused", { detail: "locked" });
    const spy = vi.spyOn(store, "delete").mockImplementation(async (key) => {
      if (key === keys[0]) throw refusal;
      await rig.backend("a").delete(key);
    });
    await nextDay(stock);
    expect(await quarantined(stock)).toEqual({ a: [keys[0]] });
    expect(await rig.metadata.failingJobs(10)).toMatchObject([{ kind: "inventory", reason: refusal.message }]);
    spy.mockRestore();
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect(await quarantined(stock)).toEqual({});
    expect(await rig.metadata.failingJobs(10)).toEqual([]);
  });
});

onEachEngine("much that no row knows", (kind) => {
  const many = async (stock: Stock) => {
    for (let at = 0; at < 101; at++) await plant(stock, "a");
  };
  const count = async (stock: Stock) => (await quarantined(stock))["a"]?.length ?? 0;
  const isHeld = async ({ rig }: Stock) =>
    (await rig.metadata.inventories()).find(({ backend }) => backend === "a")?.isHeld;

  it("is held until an operator confirms it, and what came later is not confirmed with it", async () => {
    await using stock = await openStock(kind, 1, "memory");
    const { rig } = stock;
    await many(stock);
    for (let day = 0; day < 3; day++) await nextDay(stock);
    expect([await count(stock), await isHeld(stock)]).toEqual([101, true]);
    expect(await rig.metadata.quarantine.confirm("a")).toBe(101);
    const late = await plant(stock, "a", strayKey(), randomBytes(10));
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect([await count(stock), await isHeld(stock)]).toEqual([0, false]);
    await pass(rig, rig.upkeep, DAY - 2 * HOUR);
    expect(await quarantined(stock)).toEqual({ a: [late] });
    expect(await holders(stock, late)).toEqual(["a"]);
  });

  it("stays held when the store has grown so that it would be little", async () => {
    await using stock = await openStock(kind, 1, "memory");
    const { rig } = stock;
    await many(stock);
    await nextDay(stock);
    expect(await isHeld(stock)).toBe(true);
    const keys = (await quarantined(stock))["a"] ?? [];
    for (const key of keys.slice(0, 50)) await rig.backend("a").delete(key);
    for (let day = 0; day < 3; day++) await nextDay(stock);
    expect([await count(stock), await isHeld(stock)]).toEqual([51, true]);
  });

  it("is not held up to a hundred keys", async () => {
    await using stock = await openStock(kind, 1, "memory");
    await many(stock);
    const [key = ""] = (await stock.rig.standing())["a"]?.filter((one) => one.includes("stray")) ?? [];
    await stock.rig.backend("a").delete(key);
    await nextDay(stock);
    expect([await count(stock), await isHeld(stock)]).toEqual([100, false]);
    await nextDay(stock);
    expect([await count(stock), await isHeld(stock)]).toEqual([0, false]);
  });
});
