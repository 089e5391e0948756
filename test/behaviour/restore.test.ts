// What a restore from the journal refuses, what it says of files that are wrong or gone, and how the restored database
// goes on.
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import { journalStore } from "../../src/journal/journal-store.ts";
import { indexName } from "../../src/journal/names.ts";
import { sealSnapshot } from "../../src/journal/segment.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { restoreDatabase } from "../../src/restoration.ts";
import { ask, configure, EVERY_WAY, fileOf, isWhole, start, WITHIN } from "../support/journal-gateways.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Of a gateway that has ended, with a journal that has all. */
async function withOneObject() {
  const config = await configure();
  const gateway = await start(config);
  await ask(gateway, "PUT", "/bucket");
  await ask(gateway, "PUT", "/bucket/k", "one");
  await isWhole(gateway);
  await gateway.close(0);
  return config;
}

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

it("restores into no database that holds anything, and counts without making one in a dry run", async () => {
  const config = await withOneObject();
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

it("restores from what can be listed, and says what cannot", async () => {
  const config = await withOneObject();
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
