// What a store holds and the database does not know, on the command line beside a gateway that runs.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite3 from "sqlite3";
import { expect, it, onTestFinished, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import { runCommand, startCommand } from "./terminal.ts";

const WITHIN = { timeout: 15_000, interval: 50 };
vi.setConfig({ testTimeout: 60_000 });

/** A gateway over two disks, which takes an inventory of each every second. */
async function start() {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-orphans-"));
  const file = join(root, "nearbucket.yaml");
  const database = join(root, "metadata.sqlite");
  const config = {
    listen: { port: 0 },
    dataDirectory: join(root, "data"),
    metadata: { kind: "sqlite", file: database, durable: false },
    rootKey: { accessKeyId: "ROOTKEY", secretAccessKey: "a-root-secret-for-tests" },
    regions: ["a", "b"].map((name, index) => ({ name, latitude: 0, longitude: index })),
    backends: ["a", "b"].map((name) => ({ kind: "disk", name, region: name, directory: join(root, name) })),
    inventory: { hours: 1 / 3600 },
    log: { level: "silent" },
  };
  await writeFile(file, JSON.stringify(config));
  const gateway = startCommand(["serve", "--config", file]);
  await gateway.greeted;
  onTestFinished(async () => {
    await gateway.stop();
    await rm(root, { recursive: true });
  });
  const disk = await openDiskBackend({ name: "a", region: "a", directory: join(root, "a"), durable: false });
  const command = (...words: readonly string[]) => runCommand([...words, "--config", file]);
  const orphans = async () => JSON.parse((await command("backends", "orphans", "a", "--json")).out);
  return { database, disk, command, orphans };
}

/** As if everything in quarantine had been found two days before. */
function ageBy(database: string, ms: number): Promise<void> {
  const connection = new sqlite3.Database(database);
  return new Promise((resolve, reject) => {
    connection.configure("busyTimeout", 5000);
    connection.run("UPDATE quarantine SET found_at = found_at - ?", [ms], (error) => {
      connection.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

it("lists what is in quarantine, and deletes much of it only when that is confirmed", async () => {
  const { database, disk, command, orphans } = await start();
  const keys = Array.from({ length: 101 }, (_, at) => `blobs/ab/stray${String(at).padStart(3, "0")}`);
  for (const key of keys) await put(disk, key, Buffer.from("lost"));
  await vi.waitFor(async () => expect(await orphans()).toMatchObject({ keys: 101, isHeld: true }), WITHIN);
  expect(await orphans()).toMatchObject({ backend: "a", bytes: 404, unconfirmed: 101 });
  const { out } = await command("backends", "orphans", "a");
  expect(out).toContain("a holds 101 keys, 404 B, that the database does\nnot know.");
  expect(out).toContain("nearbucket backends orphans a --delete");
  expect(out).toMatch(/^blobs\/ab\/stray000 +4 +2\S+Z +no$/m);
  const status = (await command("status")).out;
  expect(status).toMatch(/^ {2}a holds 101 keys, 404 B, that the database does not know\. The database/m);
  expect(status).toContain("      nearbucket backends orphans a\n");
  const doctor = JSON.parse((await command("doctor", "--json")).out);
  expect(doctor.findings).toContainEqual(expect.objectContaining({ check: "orphans", subject: "a", level: "warning" }));

  const { walkedAt } = await orphans();
  await ageBy(database, 2 * 86_400_000);
  await vi.waitFor(async () => expect((await orphans()).walkedAt > walkedAt).toBe(true), WITHIN);
  expect(await orphans()).toMatchObject({ keys: 101, unconfirmed: 101 });

  const confirmed = await command("backends", "orphans", "a", "--delete");
  expect(confirmed).toMatchObject({ code: 0, err: expect.stringContaining("101 keys more will be deleted from a") });
  expect(confirmed.err).toContain('"change":"backends orphans --delete"');
  await vi.waitFor(async () => expect(await orphans()).toMatchObject({ keys: 0, isHeld: false, orphans: [] }), WITHIN);
  for await (const { key } of disk.list("blobs/")) expect.fail(key);
  expect((await command("backends", "orphans", "a")).out).toMatch(/a holds nothing that the database does not know/);
});

it("says when a backend is not registered", async () => {
  const { command } = await start();
  for (const words of [[], ["--delete"]])
    expect(await command("backends", "orphans", "nowhere", ...words)).toMatchObject({
      code: 1,
      err: "nearbucket: there is no backend nowhere in the database\n",
    });
});
