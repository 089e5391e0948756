// Once a day each store's listing is held against the rows: what is missing there is copied anew, and nothing that a
// row, an upload or a writer knows is ever taken for left behind.
import { randomBytes } from "node:crypto";
import { expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { newTrialKey } from "../../src/backends/trial-key.ts";
import { openLog } from "../../src/log.ts";
import { openUpkeep } from "../../src/upkeep/upkeep.ts";
import { put } from "../contracts/backend-contract.ts";
import { bytesOf } from "../support/rig.ts";
import {
  holders,
  nextDay,
  onEachEngine,
  openStock,
  plant,
  quarantined,
  type Stock,
  verified,
} from "./inventory-support.ts";
import { DAY, HOUR, pass } from "./repair-support.ts";

/** The listing as it is, and then `work` before it ends: everything was listed, and no row was read. */
function afterListing(stock: Stock, name: string, work: () => Promise<void>): void {
  let isDone = false;
  stock.listing = async function* (listed, whole) {
    yield* whole;
    if (listed !== name || isDone) return;
    isDone = true;
    await work();
  };
}

onEachEngine("an inventory", (kind) => {
  it("finds a copy that was deleted behind the gateway's back, and has it made anew", async () => {
    await using stock = await openStock(kind, 3);
    const { storageKey, replicas } = await stock.rig.blobOf("1");
    const [{ backend = "" } = {}] = replicas;
    await stock.rig.backend(backend).delete(storageKey);
    await nextDay(stock);
    const copies = verified(await stock.rig.blobOf("1"));
    expect(copies).toHaveLength(2);
    for (const name of copies) await stock.rig.backend(name).stat(storageKey);
    expect(await quarantined(stock)).toEqual({});
  });

  it("finds a copy of another size, and has it made anew", async () => {
    await using stock = await openStock(kind, 1, "memory");
    const { storageKey, replicas, size } = await stock.rig.blobOf("0");
    const [{ backend = "" } = {}] = replicas;
    await put(stock.rig.backend(backend), storageKey, randomBytes(size - 1));
    await nextDay(stock);
    const copies = verified(await stock.rig.blobOf("0"));
    expect(copies).toHaveLength(2);
    for (const name of copies) expect((await stock.rig.backend(name).stat(storageKey)).size).toBe(size);
  });

  it("finds all that is missing and all that is too much where there are more rows than it reads at once", async () => {
    await using stock = await openStock(kind, 300, "memory");
    const { rig } = stock;
    const strays: string[] = [];
    for (let at = 0; at < 30; at++)
      strays.push(await plant(stock, "a", `blobs/${randomBytes(1).toString("hex")}/${at}`));
    const there = (await rig.standing())["a"]?.filter((key) => !strays.includes(key)) ?? [];
    const missing = there.filter((_, at) => at % 20 === 0);
    for (const key of missing) await rig.backend("a").delete(key);
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({ a: [...strays].sort() });
    expect(rig.metadata.jobs.finished.get("copy")).toBe(missing.length);
  });

  it("believes a question by name and not a listing that is late, empty or has other ETags", async () => {
    await using stock = await openStock(kind, 3);
    const before = await stock.rig.standing();
    stock.listing = nothing;
    await nextDay(stock);
    stock.listing = async function* (_, whole) {
      for await (const entry of whole) yield { ...entry, etag: `${entry.etag}-7` };
    };
    await nextDay(stock);
    for (const key of ["0", "1", "2"]) expect(verified(await stock.rig.blobOf(key))).toHaveLength(2);
    stock.listing = (_, whole) => whole;
    expect(await stock.rig.standing()).toEqual(before);
    expect(await quarantined(stock)).toEqual({});
    expect(stock.rig.metadata.jobs.finished.get("copy")).toBeUndefined();
  });

  it("makes anew all that a store lost which is in place and empty, and deletes nothing", async () => {
    await using stock = await openStock(kind, 5, "memory");
    const before = await stock.rig.standing();
    for (const key of before["b"] ?? []) await stock.rig.backend("b").delete(key);
    await nextDay(stock);
    for (const key of ["0", "1", "2", "3", "4"]) expect(verified(await stock.rig.blobOf(key))).toHaveLength(2);
    const after = await stock.rig.standing();
    for (const name of ["a", "c"]) expect(after[name]).toEqual(expect.arrayContaining([...(before[name] ?? [])]));
    expect(await quarantined(stock)).toEqual({});
  });

  it("takes no write under way, no upload and no reserved key for left behind", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    rig.clock.advance(DAY);
    const begun = await rig.blobs.put(bytesOf(randomBytes(5000)), { scope: rig.scope });
    const upload = await rig.startUpload("in parts");
    const key = begun.content.kind === "fresh" ? begun.content.storageKey : "";
    await plant(stock, "a", upload.storageKey);
    expect(await holders(stock, key)).toHaveLength(2);
    stock.begun.length = 0;
    await rig.upkeep.runDue();
    expect(stock.begun).toHaveLength(3);
    expect(await quarantined(stock)).toEqual({});
    await rig.name("late", begun.content);
    expect((await rig.get("late")).length).toBe(5000);
  });

  it("takes no object by which the store is being tried for left behind, but one of a trial that was cut off", async () => {
    await using stock = await openStock(kind, 1, "memory");
    const { rig } = stock;
    const key = await plant(stock, "a", newTrialKey());
    const writtenAt = rig.clock.now().getTime() + DAY;
    stock.listing = async function* (_, whole) {
      for await (const entry of whole) yield { ...entry, modifiedAt: new Date(writtenAt) };
    };
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({});
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({ a: [key] });
  });

  it("takes no write for left behind that is committed between the listing and the rows", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const begun = await rig.blobs.put(bytesOf(randomBytes(5000)), { scope: rig.scope });
    const [name = ""] = begun.content.kind === "fresh" ? begun.content.backends : [];
    rig.clock.advance(DAY);
    afterListing(stock, name, async () => void (await rig.name("late", begun.content)));
    await rig.upkeep.runDue();
    expect(verified(await rig.blobOf("late"))).toContain(name);
    expect(await quarantined(stock)).toEqual({});
  });

  it("takes no write for missing that comes to the store after it was listed", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    rig.clock.advance(DAY);
    const keys = ["new 1", "new 2", "new 3", "new 4", "new 5"];
    afterListing(stock, "a", async () => {
      for (const key of keys) await rig.put(key, randomBytes(5000));
    });
    await rig.upkeep.runDue();
    for (const key of keys) expect(verified(await rig.blobOf(key))).toHaveLength(2);
    expect(rig.metadata.jobs.finished.get("copy")).toBeUndefined();
  });

  it("changes nothing by a page that did not come whole, and goes on from the last one that did", async () => {
    await using stock = await openStock(kind, 1, "memory");
    const { rig } = stock;
    const keys: string[] = [];
    for (let at = 0; at < 1500; at++) keys.push(await plant(stock, "a"));
    const walkedAt = rig.clock.now();
    let failures = 0;
    stock.listing = async function* (name, whole) {
      let count = 0;
      for await (const entry of whole) {
        if (name === "a" && ++count > 1200 && failures++ === 0)
          throw new BackendError("a", "unavailable", { detail: "cut" });
        yield entry;
      }
    };
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    const first = (await quarantined(stock))["a"] ?? [];
    expect(first.length).toBeGreaterThan(900);
    expect(first.length).toBeLessThanOrEqual(1000);
    const walks = new Map((await rig.metadata.inventories()).map((found) => [found.backend, found.walkedAt]));
    expect([walks.get("a"), walks.get("b")]).toEqual([walkedAt, rig.clock.now()]);
    rig.clock.advance(HOUR);
    await rig.upkeep.runDue();
    expect((await quarantined(stock))["a"]).toEqual(keys);
  });

  it("goes on after the key that it had come to", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const [low, high] = [await plant(stock, "a", "blobs/00/low"), await plant(stock, "a", "blobs/zz/high")];
    const identity = rig.fleet.get("a")?.identity ?? "";
    const [job] = await claimInventory(stock, "a");
    await rig.metadata.jobs.narrow(job, { kind: "inventory", backend: "a", identity, after: "blobs/yy", replicas: 7 });
    await rig.metadata.jobs.putBack(job, rig.clock.now());
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({ a: [high] });
    await nextDay(stock);
    expect(await quarantined(stock)).toEqual({ a: [low] });
    expect(await holders(stock, high)).toEqual([]);
  });

  it("begins anew on another store", async () => {
    await using stock = await openStock(kind);
    const { rig } = stock;
    const low = await plant(stock, "a", "blobs/00/low");
    const [job] = await claimInventory(stock, "a");
    await rig.metadata.jobs.narrow(job, { kind: "inventory", backend: "a", identity: "former", after: "blobs/yy" });
    await rig.metadata.jobs.putBack(job, rig.clock.now());
    await rig.upkeep.runDue();
    expect(await quarantined(stock)).toEqual({ a: [low] });
  });

  it("stops when its store goes away, says so, and ends when the store is back", async () => {
    await using stock = await openStock(kind, 3);
    const { rig } = stock;
    const before = await rig.metadata.inventories();
    const lost = await rig.blobOf("1");
    const [{ backend = "" } = {}] = lost.replicas;
    await rig.backend(backend).delete(lost.storageKey);
    stock.listing = async function* (name, whole) {
      if (name !== backend) return yield* whole;
      yield* whole;
      throw new BackendError(name, "unavailable", { detail: "gone" });
    };
    rig.clock.advance(DAY);
    await rig.upkeep.runDue();
    expect(verified(await rig.blobOf("1"))).toHaveLength(2);
    expect(await rig.metadata.failingJobs(10)).toMatchObject([{ kind: "inventory", jobs: 1 }]);
    const walkedAt = (found: typeof before) => found.find((one) => one.backend === backend)?.walkedAt;
    expect(walkedAt(await rig.metadata.inventories())).toEqual(walkedAt(before));
    stock.listing = (_, whole) => whole;
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect(await rig.metadata.failingJobs(10)).toEqual([]);
    const copies = verified(await rig.blobOf("1"));
    expect(copies).toHaveLength(2);
    for (const name of copies) await rig.backend(name).stat(lost.storageKey);
  });

  it("does not end while nobody can tell whether a copy is there", async () => {
    await using stock = await openStock(kind, 3);
    const { rig } = stock;
    const before = verified(await rig.blobOf("1"));
    const [backend = ""] = before;
    const store = rig.fleet.get(backend)?.backend;
    if (store === undefined) throw new Error("no store");
    const endedAt = async () =>
      (await rig.metadata.inventories()).find((found) => found.backend === backend)?.walkedAt.getTime() ?? 0;
    const former = await endedAt();
    rig.clock.advance(DAY);
    stock.listing = (name, whole) => (name === backend ? nothing() : whole);
    const unclear = new BackendError(backend, "unavailable", { detail: "busy" });
    const spy = vi.spyOn(store, "stat").mockRejectedValue(unclear);
    await rig.upkeep.runDue();
    expect(await endedAt()).toBe(former);
    expect(await rig.metadata.failingJobs(10)).toMatchObject([{ kind: "inventory", jobs: 1 }]);
    spy.mockRestore();
    await pass(rig, rig.upkeep, HOUR, HOUR);
    expect(await endedAt()).toBeGreaterThan(former);
    expect(verified(await rig.blobOf("1"))).toEqual(before);
  });

  it("is taken by one gateway at a time, and once a day", async () => {
    await using stock = await openStock(kind, 3);
    const { rig } = stock;
    const { metadata, fleet, blobs, clock } = rig;
    const common = { metadata, fleet, blobs, copies: 2, now: clock.now };
    const other = openUpkeep({ ...common, log: openLog("silent"), graceMs: DAY });
    stock.begun.length = 0;
    clock.advance(DAY);
    await Promise.all([rig.upkeep.runDue(), other.runDue()]);
    for (let hours = 0; hours < 5; hours++) {
      clock.advance(HOUR);
      await Promise.all([rig.upkeep.runDue(), other.runDue()]);
    }
    expect([...stock.begun].sort()).toEqual(["a", "b", "c"]);
    await other.close();
  });
});

async function* nothing(): AsyncGenerator<never> {}

/** The inventory job of a store, claimed. */
async function claimInventory({ rig }: Stock, backend: string) {
  rig.clock.advance(DAY);
  for (;;) {
    const job = await rig.metadata.jobs.claim(["inventory"], 60_000);
    if (job === undefined) throw new Error(`no inventory of ${backend} is due`);
    if (job.work.kind === "inventory" && job.work.backend === backend) return [job] as const;
    await rig.metadata.jobs.putBack(job, new Date(rig.clock.now().getTime() + DAY));
  }
}
