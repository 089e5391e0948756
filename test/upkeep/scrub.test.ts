// The scrub alone, without any client that reads: it finds damage while another copy is there, and lets nothing hold it
// up.
import { randomBytes } from "node:crypto";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openDisks } from "../support/disks.ts";
import { makePostgres, makeSqlite, postgresUrl, type TestDatabase } from "../support/engines.ts";
import { startFarStores } from "../support/far-stores.ts";
import type { Match } from "../support/faulty-s3-script.ts";
import { openRigOver, type Rig, statesOf } from "../support/rig.ts";
import { fileMadeBy, harms } from "../support/rot.ts";
import { DAY, HOUR, MINUTE, pass } from "./repair-support.ts";
import { countsOf, OVERDUE } from "./scrub-support.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PART = MIB;

const sizes: readonly (readonly [string, number])[] = [
  ["4 KiB", 4 * KIB],
  ["1 MiB", MIB],
  ["3 MiB in parts", 3 * MIB],
];

async function write(rig: Rig, key: string, bytes: Buffer): Promise<void> {
  if (bytes.length <= PART) return void (await rig.put(key, bytes));
  const upload = await rig.startUpload(key);
  for (let at = 0; at < bytes.length; at += PART)
    await rig.uploadPart(upload, at / PART + 1, bytes.subarray(at, at + PART));
  await rig.completeUpload(upload);
}

const GOOD = { a: "verified", b: "verified" };

const engines: readonly (readonly [string, () => Promise<TestDatabase>])[] = [
  ["SQLite", makeSqlite],
  ...(postgresUrl ? [["PostgreSQL", () => makePostgres(postgresUrl ?? "")] as const] : []),
];

describe.each(engines)("over disks, on %s", (_, makeDatabase) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await makeDatabase();
  });
  afterEach(() => database.remove());

  async function onDisks() {
    // Inventories find some of the damage too.
    return openRigOver(await openDisks(["a", "b"]), { engine: database.engine, inventoryMs: 1000 * DAY });
  }

  describe.each(sizes)("a copy of %s", (_size, size) => {
    it.each(harms)("that was %s is found and mended", async (_harm, damage) => {
      await using s = await onDisks();
      const bytes = randomBytes(size);
      const file = await fileMadeBy(join(s.stores.directoryOf("a"), "data"), () => write(s.rig, "key", bytes));
      await s.rig.upkeep.runDue();
      await damage(file, (await stat(file)).size - 200);
      await pass(s.rig, s.rig.upkeep, OVERDUE);
      expect([countsOf(s.rig, "lost"), countsOf(s.rig, "good")]).toEqual([1, 1]);
      expect(await statesOf(s.rig, "key")).toEqual(GOOD);
      expect((await s.rig.get("key", { order: ["a"] })).equals(bytes)).toBe(true);
      expect(await statesOf(s.rig, "key")).toEqual(GOOD);
    });

    it("whose file was swapped with that of another blob is found and mended", async () => {
      await using s = await onDisks();
      const data = join(s.stores.directoryOf("a"), "data");
      const contents = [randomBytes(size), randomBytes(size)];
      const files: string[] = [];
      for (const [at, bytes] of contents.entries())
        files.push(await fileMadeBy(data, () => write(s.rig, `${at}`, bytes)));
      await s.rig.upkeep.runDue();
      const [first = "", second = ""] = files;
      await rename(first, `${first}.aside`);
      await rename(second, first);
      await rename(`${first}.aside`, second);
      await pass(s.rig, s.rig.upkeep, OVERDUE);
      expect([countsOf(s.rig, "lost"), countsOf(s.rig, "good")]).toEqual([2, 2]);
      for (const [at, bytes] of contents.entries()) {
        expect(await statesOf(s.rig, `${at}`)).toEqual(GOOD);
        expect((await s.rig.get(`${at}`, { order: ["a"] })).equals(bytes)).toBe(true);
      }
    });
  });

  it("a backend that is away is read when it is back, and nothing failed", async () => {
    await using s = await onDisks();
    await write(s.rig, "key", randomBytes(KIB));
    await s.rig.upkeep.runDue();
    s.stores.away.add("a");
    await s.rig.fleet.probeNow();
    await pass(s.rig, s.rig.upkeep, OVERDUE);
    const counts = [...s.rig.upkeep.scrubbed].map(([name, { good, unread }]) => [name, good, unread]);
    // Both are scrubbed at once: whichever counts first stands first.
    expect(Object.fromEntries(counts.map(([name, ...rest]) => [name, rest]))).toEqual({ a: [0, 0], b: [1, 0] });
    const backlog = await s.rig.metadata.jobs.backlog();
    expect(backlog).toContainEqual(expect.objectContaining({ kind: "scrub", waiting: 2, attempts: 0 }));
    s.stores.away.clear();
    await s.rig.fleet.probeNow();
    await pass(s.rig, s.rig.upkeep, MINUTE);
    expect(countsOf(s.rig, "good")).toBe(2);
  });

  it("a digest that is missing is filled in by the same read, and equal blobs are merged", async () => {
    await using s = await onDisks();
    const bytes = randomBytes(2 * PART);
    await s.rig.put("plain", bytes);
    await write(s.rig, "in parts", bytes);
    const job = await s.rig.metadata.jobs.claim(["digest"], 100 * DAY);
    expect(job?.work).toEqual({ kind: "digest", blobId: (await s.rig.blobOf("in parts")).id });
    await pass(s.rig, s.rig.upkeep, OVERDUE);
    expect((await s.rig.blobOf("in parts")).id).toBe((await s.rig.blobOf("plain")).id);
    expect(s.rig.metadata.jobs.finished.get("digest")).toBeUndefined();
    expect(countsOf(s.rig, "good")).toBe(4);
    expect([...s.rig.upkeep.scrubbed.values()].map((counts) => counts.bytes)).toEqual([4 * PART, 4 * PART]);
  });

  it("replicas of which nobody knows when they were read are read at the even pace", async () => {
    await using s = await onDisks();
    for (let n = 0; n < 50; n++) await write(s.rig, `${n}`, randomBytes(100));
    await database.knex("replicas").update({ scrubbed_at: 0 });
    expect(await s.rig.metadata.scrubs.since("a")).toBe("never");
    await s.rig.upkeep.runDue();
    expect(countsOf(s.rig, "good")).toBe(2);
    for (let hour = 0; hour < 10; hour++) await pass(s.rig, s.rig.upkeep, HOUR);
    expect(countsOf(s.rig, "good")).toBe(22);
  });
});

describe("over S3", () => {
  const GET: Match = { method: "GET", key: /^blobs\// };

  async function onFarStores(count: number, engine?: TestDatabase["engine"]) {
    const s = await openRigOver(await startFarStores(2), engine && { engine });
    for (let n = 0; n < count; n++) await s.rig.put(`${n}`, randomBytes(1000));
    await s.rig.upkeep.runDue();
    return s;
  }

  it("one replica that cannot be read does not use up the share of the others", async () => {
    const database = await makeSqlite();
    onTestFinished(() => database.remove());
    await using s = await onFarStores(20, database.engine);
    const { storageKey } = await s.rig.blobOf("0");
    s.stores.store("a").script({ ...GET, key: storageKey }, { do: "status", status: 503 });
    await database.knex("replicas").update({ scrubbed_at: 0 });
    for (let hour = 0; hour < 25; hour++) await pass(s.rig, s.rig.upkeep, HOUR);
    expect(s.rig.upkeep.scrubbed.get("a")).toMatchObject({ good: 19 });
  });

  it("one replica that fails for hours, whatever the store answers, is made anew", async () => {
    await using s = await onFarStores(20);
    const { storageKey } = await s.rig.blobOf("0");
    const script = s.stores.store("a").script({ ...GET, key: storageKey }, { do: "status", status: 500 });
    await pass(s.rig, s.rig.upkeep, OVERDUE);
    await pass(s.rig, s.rig.upkeep, HOUR);
    expect(await statesOf(s.rig, "0")).toEqual(GOOD);
    await pass(s.rig, s.rig.upkeep, HOUR);
    expect(countsOf(s.rig, "lost")).toBe(1);
    expect(await statesOf(s.rig, "0")).toEqual({ ...GOOD, a: "lost" });
    script.remove();
    await pass(s.rig, s.rig.upkeep, DAY);
    expect(await statesOf(s.rig, "0")).toEqual(GOOD);
    expect(s.stores.held(storageKey)["a"]).toEqual(s.stores.held(storageKey)["b"]);
  });

  it("one replica that fails for hours stays while no other copy can be read", async () => {
    await using s = await onFarStores(20);
    const { storageKey } = await s.rig.blobOf("0");
    for (const name of ["a", "b"])
      s.stores.store(name).script({ ...GET, key: storageKey }, { do: "status", status: 500 });
    await pass(s.rig, s.rig.upkeep, OVERDUE, HOUR, HOUR, HOUR, HOUR);
    expect(Object.values(await statesOf(s.rig, "0"))).toContain("verified");
  });

  it("replicas that fail together for hours are the store's trouble, and stay", async () => {
    await using s = await onFarStores(20);
    s.stores.store("a").script(GET, { do: "status", status: 500 });
    await pass(s.rig, s.rig.upkeep, OVERDUE, HOUR, HOUR, HOUR, HOUR);
    expect(s.rig.upkeep.scrubbed.get("a")).toMatchObject({ good: 0, lost: 0 });
  });

  it("one replica that cannot be read now stays due, and holds up no other", async () => {
    await using s = await onFarStores(100);
    const { storageKey } = await s.rig.blobOf("0");
    const script = s.stores.store("a").script({ ...GET, key: storageKey }, { do: "status", status: 503 });
    await pass(s.rig, s.rig.upkeep, OVERDUE);
    expect([countsOf(s.rig, "good"), countsOf(s.rig, "unread")]).toEqual([199, 1]);
    script.remove();
    await pass(s.rig, s.rig.upkeep, HOUR);
    expect([countsOf(s.rig, "good"), countsOf(s.rig, "lost")]).toEqual([200, 0]);
  });

  it("SlowDownRead from both stores loses no last copy, and both are good again afterwards", async () => {
    await using s = await onFarStores(3);
    const scripts = ["a", "b"].map((name) =>
      s.stores.store(name).script(GET, { do: "status", status: 503, code: "SlowDownRead" }),
    );
    await pass(s.rig, s.rig.upkeep, OVERDUE);
    for (const key of ["0", "1", "2"]) expect(Object.values(await statesOf(s.rig, key))).toContain("verified");
    for (const script of scripts) script.remove();
    await pass(s.rig, s.rig.upkeep, HOUR, HOUR);
    for (const key of ["0", "1", "2"]) expect(await statesOf(s.rig, key)).toEqual(GOOD);
  });
});
