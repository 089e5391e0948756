// How backends come into the database, and how the database's word reaches the fleet.
// Shows I4 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import knexFactory from "knex";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { openFleet } from "../../src/backends/fleet.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { openLog } from "../../src/log.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import { openRegistry } from "../../src/upkeep/registry.ts";
import { put } from "../contracts/backend-contract.ts";
import { startFarStores } from "../support/far-stores.ts";
import { openRig, type Rig } from "../support/rig.ts";

const SECOND = 1000;
const soon = () => AbortSignal.timeout(5000);
const memory = (name: string, identity?: string) => new MemoryBackend({ name, region: "x", identity });

/** Another gateway on the same database: its fleet and its registry alone, after one round. */
async function another(rig: Pick<Rig, "metadata" | "clock">, backends: readonly Backend[]) {
  const said: { msg: string; backend?: string; err?: { message: string } }[] = [];
  const warned: { msg: string; backend?: string }[] = [];
  const write = (line: string) => {
    const entry = JSON.parse(line);
    (entry.level < 50 ? warned : said).push(entry);
  };
  const log = openLog("warn", { write });
  const { now } = rig.clock;
  const regions = ["x", "y", "z"].map((name, index) => ({ name, latitude: 0, longitude: index }));
  const fleet = openFleet({ backends, regions, log, now, probeIntervalMs: 3_600_000 });
  const registry = openRegistry({ metadata: rig.metadata, fleet, backends, now, log });
  await registry.refresh();
  return {
    fleet,
    registry,
    said,
    warned,
    up: () => fleet.members().flatMap(({ backend, up }) => (up ? [backend.name] : [])),
    async [Symbol.asyncDispose]() {
      await registry.close();
      await fleet.close();
    },
  };
}

const rowOf = async ({ metadata }: { readonly metadata: Metadata }, name: string) => {
  const row = (await metadata.backends.list()).find((one) => one.name === name);
  if (row === undefined) throw new Error(`${name} is not registered`);
  return row;
};

describe("a backend that the database does not know", () => {
  it("is given an identity of its own, and is up", async () => {
    await using rig = await openRig();
    const rows = await rig.metadata.backends.list();
    expect(rows.map(({ name, state }) => [name, state])).toEqual(["a", "b", "c"].map((name) => [name, "attached"]));
    expect(new Set(rows.map(({ identity }) => identity)).size).toBe(3);
    for (const backend of rig.backends)
      expect(await backend.identity(soon())).toBe((await rowOf(rig, backend.name)).identity);
    expect(rig.fleet.members().map(({ up }) => up)).toEqual([true, true, true]);
    expect((await rowOf(rig, "a")).seenAt).toEqual(rig.clock.now());
  });

  it("keeps the identity that its empty store has", async () => {
    await using rig = await openRig({ backends: [memory("a", "found-there"), memory("b")] });
    expect((await rowOf(rig, "a")).identity).toBe("found-there");
  });

  it("gets one identity from two gateways that start at once", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: [memory("one"), memory("two")] });
    const two = await Promise.all([another(rig, far.backends), another(rig, await far.reopen())]);
    for (const gateway of two) {
      await gateway.registry.refresh();
      expect(gateway.up()).toEqual(["a", "b"]);
    }
    for (const gateway of two) await gateway[Symbol.asyncDispose]();
  });

  it("is refused when it is the store of another name", async () => {
    await using rig = await openRig({ backends: [memory("a", "one-store-only"), memory("b")] });
    await using other = await another(rig, [memory("twin", "one-store-only")]);
    expect(other.up()).toEqual([]);
    expect(other.said).toHaveLength(1);
    expect(other.said[0]?.err?.message).toContain("it is the same store as a");
    await other.registry.refresh();
    expect(other.said).toHaveLength(1);
  });

  it("is refused when its store holds blobs of another database", async () => {
    const taken = memory("taken", "of-another-gateway");
    await put(taken, "blobs/ab/one", randomBytes(100));
    await using rig = await openRig();
    await using other = await another(rig, [taken]);
    expect(other.up()).toEqual([]);
    expect(other.said[0]?.err?.message).toContain("it holds blobs that this database does not know");
  });

  it("is made of an empty directory that was there before", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nearbucket-registry-"));
    const disk = await openDiskBackend({ name: "disk", region: "x", directory, durable: false });
    await using rig = await openRig();
    await using gateway = await another(rig, [disk]);
    expect(gateway.up()).toEqual(["disk"]);
    expect(await disk.identity(soon())).toBe((await rowOf(rig, "disk")).identity);
    await rm(directory, { recursive: true });
  });

  it("is registered when it can be reached at last", async () => {
    await using far = await startFarStores(2);
    await far.store("a").stop();
    await using rig = await openRig({ backends: far.backends });
    expect(rig.fleet.get("a")).toMatchObject({ up: false, identity: undefined });
    expect(rig.fleet.isPresent("a")).toBe(true);
    await far.store("a").restart();
    await using other = await another(rig, far.backends);
    expect(other.up()).toEqual(["a", "b"]);
  });

  it("is not registered without its bucket, where that must not be made", async () => {
    await using far = await startFarStores(2);
    far.store("a").removeBucket();
    await using rig = await openRig({ backends: far.backends });
    expect((await rig.metadata.backends.list()).map(({ name }) => name)).toEqual(["b"]);
    expect(far.store("a").requests.every(({ method }) => method === "GET")).toBe(true);
  });
});

describe("a database from before identities", () => {
  /** Blobs on "a" and "b" and rows that say so, but no identities. */
  async function upgraded() {
    const far = await startFarStores(2);
    const rig = await openRig({ backends: far.backends });
    for (let n = 0; n < 4; n++) await rig.put(`key-${n}`, randomBytes(1000 + n));
    const names = await Promise.all([0, 1, 2, 3].map(async (n) => (await rig.blobOf(`key-${n}`)).storageKey));
    const connection = { filename: rig.databaseFile };
    const knex = knexFactory({ client: "sqlite3", connection, useNullAsDefault: true });
    await knex("backends").delete();
    await knex.destroy();
    for (const store of far.stores)
      for (const key of ["nearbucket-identity", "nearbucket-probe"]) store.objects.delete(key);
    return {
      far,
      rig,
      names,
      async [Symbol.asyncDispose]() {
        await rig[Symbol.asyncDispose]();
        await far[Symbol.asyncDispose]();
      },
    };
  }

  it("adopts the backends that hold what its rows say", async () => {
    await using old = await upgraded();
    old.far.store("a").remove(old.names[0] ?? "");
    await using gateway = await another(old.rig, await old.far.reopen());
    expect(gateway.up()).toEqual(["a", "b"]);
    expect((await old.rig.metadata.backends.list()).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it.each([
    ["was emptied", "of 4 replicas that the database names there, 0 are there"],
    ["has lost its bucket", "of 4 replicas that the database names there, 0 are there"],
  ])("leaves out one that %s, writes nothing there, and takes it when it is back", async (what, reason) => {
    await using old = await upgraded();
    const store = old.far.store("a");
    const before = [...store.objects];
    if (what === "was emptied") store.objects.clear();
    else store.removeBucket();
    store.requests.length = 0;
    await using gateway = await another(old.rig, await old.far.reopen());
    expect(gateway.up()).toEqual(["b"]);
    expect(gateway.said[0]).toMatchObject({ backend: "a", err: { message: expect.stringContaining(reason) } });
    expect(store.requests.filter(({ method }) => method !== "GET" && method !== "HEAD")).toEqual([]);
    for (const [key, object] of before) store.objects.set(key, object);
    await gateway.registry.refresh();
    expect(gateway.up()).toEqual(["a", "b"]);
  });
});

describe("a registered backend", () => {
  it("that is lost is recorded so by whichever gateway sees it, and found again", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await using gateway = await another(rig, far.backends);
    const before = [...far.store("a").objects];
    far.store("a").objects.clear();
    await gateway.fleet.probeNow();
    await gateway.registry.refresh();
    expect((await rowOf(rig, "a")).lostAt).toEqual(rig.clock.now());
    expect(gateway.fleet.get("a")).toMatchObject({ up: false, lostSince: rig.clock.now() });
    for (const [key, object] of before) far.store("a").objects.set(key, object);
    await gateway.fleet.probeNow();
    await gateway.registry.refresh();
    expect((await rowOf(rig, "a")).lostAt).toBeUndefined();
    expect(gateway.up()).toEqual(["a", "b"]);
  });

  it("is noted as seen every thirty seconds, and only while it is up", async () => {
    await using rig = await openRig();
    await using gateway = await another(rig, rig.backends);
    const start = rig.clock.now();
    rig.clock.advance(29 * SECOND);
    await gateway.registry.refresh();
    expect((await rowOf(rig, "a")).seenAt).toEqual(start);
    rig.clock.advance(SECOND);
    await gateway.registry.refresh();
    expect((await rowOf(rig, "a")).seenAt).toEqual(rig.clock.now());
  });

  it("drains, resumes and is removed as another process says", async () => {
    await using rig = await openRig();
    await using gateway = await another(rig, rig.backends);
    for (const [state, facts] of [
      ["draining", { draining: true, up: true }],
      ["attached", { draining: false, up: true }],
    ] as const) {
      await rig.metadata.backends.setState("a", state);
      await gateway.registry.refresh();
      expect(gateway.fleet.get("a")).toMatchObject(facts);
    }
    await rig.metadata.backends.setState("a", "removed");
    await gateway.registry.refresh();
    expect(gateway.fleet.get("a")).toBeUndefined();
    expect(gateway.up()).toEqual(["b", "c"]);
  });

  it("that is configured no more, or removed and configured, is told of at the start", async () => {
    await using rig = await openRig();
    await rig.put("key", randomBytes(100));
    const [holder] = (await rig.blobOf("key")).replicas;
    const others = rig.backends.filter(({ name }) => name !== holder?.backend);
    const removed = others[0]?.name ?? "";
    await rig.metadata.backends.setState(removed, "removed");
    await using gateway = await another(rig, others);
    const told = gateway.warned.map(({ backend, msg }) => [backend, msg]);
    expect(told).toContainEqual([removed, expect.stringContaining("configured, but removed in the database")]);
    expect(told).toContainEqual([
      holder?.backend,
      expect.stringContaining("not configured any more, but replicas stand"),
    ]);
    await gateway.registry.refresh();
    expect(gateway.warned).toHaveLength(told.length);
  });

  it("is used under the identity that replaced its former one", async () => {
    const [a, b] = [memory("a"), memory("b")];
    await using rig = await openRig({ backends: [a, b] });
    const { identity } = await rowOf(rig, "a");
    const fresh = memory("a", "the-new-store");
    await using gateway = await another(rig, [fresh, b]);
    expect(gateway.up()).toEqual(["b"]);
    await rig.metadata.backends.replace("a", identity, "the-new-store");
    await gateway.registry.refresh();
    expect(gateway.up()).toEqual(["a", "b"]);
  });
});
