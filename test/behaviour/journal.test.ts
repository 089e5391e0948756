// A gateway and its journal: what is answered while it cannot be written, what a database does that is older than the
// backends, and which of its files are deleted.
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { FleetMember } from "../../src/backends/fleet.ts";
import type { Gateway } from "../../src/gateway.ts";
import { journalStore } from "../../src/journal/journal-store.ts";
import { acceptOlderDatabase, restoreDatabase } from "../../src/restoration.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import {
  ask,
  blobsOn,
  configure,
  DAY_MS,
  EVERY_WAY,
  FAULT,
  fileOf,
  isWhole,
  journalOf,
  overFaulty,
  SEGMENTS,
  start,
  WITHIN,
} from "../support/journal-gateways.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 60_000 });

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
  let ahead = 0;
  await using gateway = await start(await overFaulty("interval", [a, b]), () => new Date(Date.now() + ahead));
  await isWhole(gateway);
  // Right after the start it would be nothing to tell.
  ahead = 60_000;
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

it("says for as long as no backend takes a snapshot that the journal is not in order", async () => {
  await using a = await startFaultyS3();
  await using b = await startFaultyS3();
  for (const store of [a, b]) store.script({ method: "PUT", key: /^journal\/.*snapshots/ }, FAULT);
  let ahead = 0;
  const gateway = await start(await overFaulty("interval", [a, b]), () => new Date(Date.now() + ahead));
  ahead = 60_000;
  await vi.waitFor(async () => expect((await journalOf(gateway))["behindSince"]).toBeDefined(), WITHIN);
  const since = (await journalOf(gateway))["behindSince"];
  await ask(gateway, "PUT", "/bucket");
  for (let look = 0; look < 100; look += 1)
    expect(await journalOf(gateway)).toMatchObject({ behindSince: since, reason: expect.stringContaining("500") });
  await gateway.close(0);
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
  const former = await gateway.metadata.journal.head();
  expect(await acceptOlderDatabase(config)).toBe(true);
  expect((await gateway.metadata.journal.head())?.continues).toBe(former?.journal);
  await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject({ isOlder: false }), WITHIN);
  for (ahead of [81 * DAY_MS, 90 * DAY_MS, 99 * DAY_MS]) await gateway.upkeep.runDue();
  expect(await blobsOn(gateway)).toEqual({ a: [], b: [] });
  await gateway.close(0);
});

it("is not taken for older when its journal was off for a while", async () => {
  const config = await configure();
  const inTurn = async (mode: "interval" | "off", key: string) => {
    const gateway = await start({ ...config, journal: { ...config.journal, mode } });
    await ask(gateway, "PUT", `/${key}`);
    if (mode !== "off") await isWhole(gateway);
    const head = await gateway.metadata.journal.head();
    const found = mode === "off" ? undefined : await journalOf(gateway);
    await gateway.close(0);
    return { head, found };
  };
  const first = await inTurn("interval", "first");
  expect(await inTurn("off", "second")).toMatchObject({ head: undefined });
  const again = await inTurn("interval", "third");
  expect(again.found).toMatchObject({ isOlder: false });
  expect(again.head?.continues).toBe(first.head?.journal);
  await rename(fileOf(config), `${fileOf(config)}.lost`);
  expect(await restoreDatabase(config, EVERY_WAY)).toMatchObject({ journal: again.head?.journal, findings: [] });
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
