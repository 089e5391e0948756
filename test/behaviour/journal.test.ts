// A gateway and its journal: what is answered while it cannot be written, what a database does that is older than the
// backends, and what a restore refuses.
import { copyFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { FleetMember } from "../../src/backends/fleet.ts";
import { checkConfig, type GatewayConfig, type GatewayConfigInput } from "../../src/config/schema.ts";
import { type Gateway, openGateway } from "../../src/gateway.ts";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import { journalStore } from "../../src/journal/journal-store.ts";
import { indexName } from "../../src/journal/names.ts";
import { sealSnapshot } from "../../src/journal/segment.ts";
import { openLog } from "../../src/log.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { acceptOlderDatabase, restoreDatabase } from "../../src/restoration.ts";
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 60_000 });
const WITHIN = { timeout: 30_000, interval: 20 };
const KEY = { accessKeyId: "AKIATESTROOT", secretAccessKey: "test-root-secret-0123456789" };
const REGIONS = ["a", "b"].map((name, index) => ({ name, latitude: 0, longitude: index }));
const EVERY_WAY = { from: [], dryRun: false, onProgress: () => undefined };
const DAY_MS = 86_400_000;

/** A data directory that may be lost, and backends that stay. Disks by default. */
async function configure(change: Partial<GatewayConfigInput> = {}): Promise<GatewayConfig> {
  const directory = await temporaryDirectory();
  const checked = checkConfig({
    listen: { port: 0 },
    dataDirectory: directory,
    metadata: { kind: "sqlite", file: join(directory, "metadata.sqlite"), durable: false },
    rootKey: KEY,
    encryptionKey: "a key for tests, sixteen and more",
    regions: REGIONS,
    backends: REGIONS.map(({ name }) => ({ kind: "disk", name, region: name, directory: join(directory, name) })),
    journal: { mode: "interval", seconds: 0.05 },
    ...change,
  });
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  return checked.config;
}

function fileOf({ metadata }: GatewayConfig): string {
  if (metadata.kind !== "sqlite") throw new Error("not a file");
  return metadata.file;
}

function start(config: GatewayConfig, now?: () => Date): Promise<Gateway> {
  return openGateway(config, { log: openLog("silent"), ...(now && { now }) });
}

async function ask({ url }: Gateway, method: string, path: string, body?: string) {
  return signedFetch({ endpoint: url, ...KEY })({ method, path, ...(body !== undefined && { body }) });
}

async function journalOf({ url }: Gateway): Promise<Record<string, unknown>> {
  const document: { journal: Record<string, unknown> } = JSON.parse(await (await fetch(`${url}/-/status`)).text());
  return document.journal;
}

/** Both backends have a snapshot, and every change. */
async function isWhole(gateway: Gateway): Promise<void> {
  await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await vi.waitFor(async () => expect(await gateway.metadata.journal.waiting()).toBe(0), WITHIN);
}

async function overFaulty(mode: "ack" | "interval", stores: readonly FaultyS3[]): Promise<GatewayConfig> {
  const address = { bucket: "blobs", accessKeyId: "AK", secretAccessKey: "SK" };
  return configure({
    backends: stores.map(({ endpoint }, index) => {
      const { name = "" } = REGIONS[index] ?? {};
      return { kind: "s3", name, region: name, endpoint, ...address };
    }),
    journal: { mode, seconds: 0.05 },
  });
}

const SEGMENTS = { method: "PUT", key: /^journal\/.*segments/ } as const;
const FAULT = { do: "status", status: 500, code: "InternalError" } as const;

it("acknowledges nothing in mode ack while one backend takes no segment, and goes on when it does", async () => {
  await using a = await startFaultyS3();
  await using b = await startFaultyS3();
  await using gateway = await start(await overFaulty("ack", [a, b]));
  expect((await ask(gateway, "PUT", "/bucket")).status).toBe(200);
  const script = b.script(SEGMENTS, FAULT);
  const refused = await ask(gateway, "PUT", "/bucket/k", "one");
  expect(refused.status).toBe(503);
  expect(String(refused.body)).toContain("<Code>ServiceUnavailable</Code>");
  expect((await ask(gateway, "GET", "/bucket")).status).toBe(200);
  script.remove();
  expect((await ask(gateway, "PUT", "/bucket/k", "two")).status).toBe(200);
  expect([...a.objects.keys()].filter((key) => key.includes("segments")).length).toBeGreaterThan(0);
  expect([...b.objects.keys()].filter((key) => key.includes("segments"))).toEqual(
    [...a.objects.keys()].filter((key) => key.includes("segments")),
  );
});

it("stops nothing in mode interval, and says since when changes stand in the database alone", async () => {
  await using a = await startFaultyS3();
  await using b = await startFaultyS3();
  await using gateway = await start(await overFaulty("interval", [a, b]));
  await isWhole(gateway);
  for (const store of [a, b]) store.script(SEGMENTS, FAULT);
  expect((await ask(gateway, "PUT", "/bucket")).status).toBe(200);
  await vi.waitFor(
    async () => expect(await journalOf(gateway)).toMatchObject({ behindSince: expect.any(String) }),
    WITHIN,
  );
  expect(await journalOf(gateway)).toMatchObject({ reason: expect.stringContaining("500") });
  const metrics = await (await fetch(`${gateway.url}/-/metrics`)).text();
  expect(Number(/^nearbucket_journal_behind_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
});

it("deletes nothing with a database that is older than the backends, until an operator agrees", async () => {
  const config = await configure({ graceHours: 1 });
  const file = fileOf(config);
  let gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  await ask(gateway, "PUT", "/bucket/old", "in both");
  await isWhole(gateway);
  await gateway.close(0);
  await copyFile(file, `${file}.yesterday`);

  gateway = await start(config);
  await ask(gateway, "PUT", "/bucket/new", "in the newer one alone");
  await isWhole(gateway);
  const stored = await blobsOn(gateway);
  await gateway.close(0);

  await rename(`${file}.yesterday`, file);
  let ahead = 0;
  gateway = await start(config, () => new Date(Date.now() + ahead));
  await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject({ isOlder: true }), WITHIN);
  await ask(gateway, "DELETE", "/bucket/old");
  for (ahead of [DAY_MS, 40 * DAY_MS, 80 * DAY_MS]) await gateway.upkeep.runDue();
  expect(await blobsOn(gateway)).toEqual(stored);
  expect(await acceptOlderDatabase(config)).toBe(true);
  await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject({ isOlder: false }), WITHIN);
  for (ahead of [81 * DAY_MS, 90 * DAY_MS, 99 * DAY_MS]) await gateway.upkeep.runDue();
  expect(await blobsOn(gateway)).toEqual({ a: [], b: [] });
  await gateway.close(0);
});

it("makes no database without the key that sealed the journal", async () => {
  const config = await configure();
  const gateway = await start(config);
  await isWhole(gateway);
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  const other = { ...config, encryptionKey: "another one, sixteen and more" };
  await expect(restoreDatabase(other, EVERY_WAY)).rejects.toThrow(
    /sealed by the encryption key \w+, which is not here/,
  );
  await expect(stat(fileOf(config))).rejects.toThrow("ENOENT");
});

it("makes no database of a journal that a newer program wrote", async () => {
  const config = await configure();
  const gateway = await start(config);
  await isWhole(gateway);
  const head = await gateway.metadata.journal.head();
  const [a] = gateway.fleet.members();
  if (head === undefined || a === undefined) throw new Error("no journal");
  const position = { journal: head.journal, number: 9, epoch: head.epoch + 1 };
  const header = { kind: "snapshot", ...position, hash: "", through: 9, at: new Date().toISOString() } as const;
  const index = await sealSnapshot(
    { ...header, schema: SCHEMA + 1, rows: 0, chunks: [] },
    journalKeys([config.encryptionKey]),
  );
  await journalStore(a.backend).put(indexName(head.journal, position), index.bytes);
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  await expect(restoreDatabase(config, EVERY_WAY)).rejects.toThrow("this journal was written by a newer nearbucket: ");
  await expect(stat(fileOf(config))).rejects.toThrow("ENOENT");
});

it("begins the journal of a restored database with a snapshot, so that what follows is of use", async () => {
  const config = await configure();
  const gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  await isWhole(gateway);
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  const first = await restoreDatabase(config, EVERY_WAY);
  expect(first).toMatchObject({ unsafe: undefined, others: [] });
  await rename(fileOf(config), `${fileOf(config)}.lost too`);
  const second = await restoreDatabase(config, { ...EVERY_WAY, dryRun: true, from: ["b"] });
  expect(second).toMatchObject({ counts: first.counts, others: [first.journal], findings: [] });
});

it("says why that snapshot could not be made, and restores all the same", async () => {
  await using a = await startFaultyS3();
  await using b = await startFaultyS3();
  const config = await overFaulty("interval", [a, b]);
  const gateway = await start(config);
  await isWhole(gateway);
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  for (const store of [a, b]) store.script({ method: "PUT", key: /^journal\/.*snapshots/ }, FAULT);
  const { counts, unsafe } = await restoreDatabase(config, EVERY_WAY);
  expect(counts).toMatchObject({ accounts: 1, backends: 2 });
  expect(unsafe).toContain("500");
});

it("restores into no database that holds anything, and counts without making one in a dry run", async () => {
  const config = await configure();
  const gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  await ask(gateway, "PUT", "/bucket/k", "one");
  await isWhole(gateway);
  await gateway.close(0);
  await expect(restoreDatabase(config, EVERY_WAY)).rejects.toThrow("the database is not empty");
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  const { counts } = await restoreDatabase(config, { ...EVERY_WAY, dryRun: true });
  expect(counts).toMatchObject({ accounts: 1, buckets: 1, objects: 1, blobs: 1, replicas: 2, backends: 2 });
  await expect(stat(fileOf(config))).rejects.toThrow("ENOENT");
});

it("tells when the end of the journal is gone from a backend, by its manifest", async () => {
  const config = await configure();
  const gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  for (const key of ["one", "two", "three"]) {
    await ask(gateway, "PUT", `/bucket/${key}`, key);
    await vi.waitFor(async () => expect(await gateway.metadata.journal.waiting()).toBe(0), WITHIN);
  }
  await gateway.close(0);
  // Opened again, it says how far it is.
  const again = await start(config);
  await isWhole(again);
  const folder = join(config.dataDirectory, "b", "data", "journal");
  await again.close(0);
  const [journal = ""] = await readdir(folder);
  const segments = (await readdir(join(folder, journal, "segments"))).sort();
  await rm(join(folder, journal, "segments", segments.at(-1) ?? ""));
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  const alone = await restoreDatabase(config, { ...EVERY_WAY, from: ["b"], dryRun: true });
  expect(alone.unused).toBe(1);
  expect(alone.findings).toEqual([
    expect.stringMatching(/^segments \d+ to \d+ are missing: the manifest on b names them$/),
  ]);
  expect(await restoreDatabase(config, { ...EVERY_WAY, dryRun: true })).toMatchObject({ unused: 0, findings: [] });
});

it("deletes in time what it left on a third backend and what it was restored from, and no other gateway's", async () => {
  const directory = await temporaryDirectory();
  const disk = (name: string) => ({ kind: "disk", name, region: "a", directory: join(directory, name) }) as const;
  const config = await configure({
    regions: [{ name: "a", latitude: 0, longitude: 0 }],
    backends: [disk("a"), disk("b"), disk("c")],
    journal: { mode: "interval", seconds: 0.05, snapshotHours: 1, keepDays: 1 },
  });
  const journalsOn = async (gateway: Gateway) => {
    const found = [];
    for (const { backend } of gateway.fleet.members()) {
      const names = new Set<string>();
      for await (const { key } of backend.list("journal/")) names.add(key.split("/")[1] ?? "");
      found.push([...names].sort());
    }
    return found;
  };
  let gateway = await start(config);
  await isWhole(gateway);
  const former = (await gateway.metadata.journal.head())?.journal ?? "";
  const plant = ({ backend }: FleetMember, name: string, bytes: Buffer) => journalStore(backend).put(name, bytes);
  for (const member of gateway.fleet.members())
    await plant(member, "journal/foreign/segments/000000000001-00000001", Buffer.from("foreign"));
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  await restoreDatabase(config, { ...EVERY_WAY, journal: former });
  let ahead = 0;
  gateway = await start(config, () => new Date(Date.now() + ahead));
  try {
    await isWhole(gateway);
    const head = await gateway.metadata.journal.head();
    expect(head?.continues).toBe(former);
    const present = head?.journal ?? "";
    const [a, , c] = gateway.fleet.members();
    await ask(gateway, "PUT", "/bucket");
    await vi.waitFor(async () => expect(await gateway.metadata.journal.waiting()).toBe(0), WITHIN);
    for await (const { key, size } of a?.backend.list(`journal/${present}/segments/`) ?? [])
      if (a && c) await plant(c, key, (await a.backend.read(key, size)).bytes);
    const all = [present, former, "foreign"].sort();
    expect(await journalsOn(gateway)).toEqual([all, all, [present, "foreign"].sort()]);
    ahead = DAY_MS + 3_600_000;
    const left = [present, "foreign"].sort();
    await vi.waitFor(async () => expect(await journalsOn(gateway)).toEqual([left, left, ["foreign"]]), WITHIN);
  } finally {
    await gateway.close(0);
  }
});

it("restores from what can be listed, and says what cannot", async () => {
  const config = await configure();
  const gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  await ask(gateway, "PUT", "/bucket/k", "one");
  await isWhole(gateway);
  await gateway.close(0);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  await rename(join(config.dataDirectory, "a"), join(config.dataDirectory, "a.away"));
  const found = await restoreDatabase(config, EVERY_WAY);
  expect(found.counts).toMatchObject({ objects: 1, blobs: 1 });
  expect(found).toMatchObject({ unused: 0, findings: [expect.stringMatching(/^a cannot be listed: /)] });
  expect(found.copies).toEqual([
    expect.objectContaining({ backend: "a", reason: expect.any(String) }),
    { backend: "b", good: 1, missing: 0, reason: undefined },
  ]);
});

async function blobsOn({ fleet }: Gateway): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { backend } of fleet.members()) {
    found[backend.name] = [];
    for await (const { key } of backend.list("blobs/")) found[backend.name]?.push(key);
  }
  return found;
}
