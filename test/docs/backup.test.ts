// docs/backup.md: its commands take a backup under a running gateway and bring it back, on SQLite and on PostgreSQL. What
// was written before is served and safe; the bytes of what was written after come into quarantine and are held.
import { mkdir, mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { examples } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000 });

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "nearbucket-backup-"));
  await mkdir(join(home, "backup"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** The page's block with this test's places in the place of the page's. */
async function paste(mark: string, places: Readonly<Record<string, string>>): Promise<void> {
  const [example] = examples("sh", mark);
  let text = example?.text ?? "";
  for (const [old, place] of Object.entries({ ...places, "/backup/": `${join(home, "backup")}/` })) {
    expect(text).toContain(old);
    text = text.replaceAll(old, place);
  }
  await run("/bin/bash", ["-e", "-o", "pipefail", "-c", text]);
}

const overDisks = (): Pick<GatewayConfigInput, "regions" | "backends" | "journal"> => ({
  regions: ["amsterdam", "toronto"].map((name, index) => ({ name, latitude: 0, longitude: index })),
  backends: ["amsterdam", "toronto"].map((name) => ({
    kind: "disk",
    name,
    region: name,
    directory: join(home, name),
  })),
  // With a journal, an older database would look for nothing until it is accepted.
  journal: { mode: "off" },
});

/** A walk every few seconds, of a gateway that finds what came after its backup. */
const OFTEN = { graceHours: 720, inventory: { hours: 0.001 } };

const orphansOn = async (gateway: GatewayProcess, name: string) =>
  JSON.parse(await gateway.command("backends", "orphans", name, "--json"));

/** A walk that a backup catches under way waits in the restored database until its lease is over. */
async function untilWalked(gateway: GatewayProcess): Promise<void> {
  for (const name of ["amsterdam", "toronto"])
    await expect.poll(() => orphansOn(gateway, name), { timeout: 60_000 }).toHaveProperty("walkedAt");
}

/** More than a gateway reserves storage keys for ahead, and 100: so many that they are held. */
async function putMany(gateway: GatewayProcess): Promise<void> {
  for (let first = 0; first < 220; first += 20)
    await Promise.all(Array.from({ length: 20 }, (_, at) => put(gateway, `after ${first + at}`)));
}

const put = (gateway: GatewayProcess, Key: string) =>
  gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: `the content of ${Key}` }));

/** A client with a key that the database holds, sealed by the encryption key. */
async function clientOf(gateway: GatewayProcess, account: string): Promise<S3Client> {
  const made = JSON.parse(await gateway.command("keys", "create", "--account", account, "--json"));
  const { accessKeyId, secretAccessKey } = made as { accessKeyId: string; secretAccessKey: string };
  const endpoint = { endpoint: gateway.url, region: "us-east-1", forcePathStyle: true } as const;
  const client = new S3Client({ ...endpoint, credentials: { accessKeyId, secretAccessKey } });
  onTestFinished(() => client.destroy());
  return client;
}

async function expectRestored(gateway: GatewayProcess): Promise<void> {
  const { Body } = await gateway.s3.send(new GetObjectCommand({ Bucket: "photos", Key: "before" }));
  expect(await Body?.transformToString()).toBe("the content of before");
  const lost = gateway.s3.send(new GetObjectCommand({ Bucket: "photos", Key: "after 0" }));
  await expect(lost).rejects.toMatchObject({ name: "NoSuchKey" });
  expect(await gateway.command("status")).toMatch(/^SAFE/);
  for (const name of ["amsterdam", "toronto"])
    await expect.poll(() => orphansOn(gateway, name), { timeout: 60_000 }).toMatchObject({ isHeld: true });
}

describeWith(["sqlite3"], "a backup on SQLite", () => {
  it("brings back what was written before it, keys included, and holds the bytes of what came after", async () => {
    await using gateway = await startGatewayProcess(overDisks());
    const places = { "/var/lib/nearbucket/": `${gateway.dataDirectory}/` };
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    const bob = await clientOf(gateway, "bob");
    await bob.send(new CreateBucketCommand({ Bucket: "bobs" }));
    await put(gateway, "before");
    await untilWalked(gateway);
    await paste("backup_sqlite", places);
    await putMany(gateway);

    await gateway.kill();
    await truncate(join(gateway.dataDirectory, "metadata.sqlite"), 5000);
    await paste("restore_sqlite", places);
    expect(await readdir(gateway.dataDirectory)).not.toContain("metadata.sqlite-wal");
    await gateway.restart(OFTEN);
    await bob.send(new HeadBucketCommand({ Bucket: "bobs" }));
    await expectRestored(gateway);
  });
});

describeWith(["initdb", "pg_ctl", "pg_dump", "pg_restore", "createdb"], "a backup on PostgreSQL", () => {
  it("brings back what was written before it, keys included, and holds the bytes of what came after", async () => {
    await using server = await startPostgresServer();
    const places = { "postgres://nearbucket@db.internal/": server.url.replace(/postgres$/, "") };
    const url = (name: string): string => server.url.replace(/postgres$/, name);
    await run("createdb", [`--maintenance-db=${server.url}`, "nearbucket"]);
    await using gateway = await startGatewayProcess({
      ...overDisks(),
      encryptionKey: "a key for this test, long enough",
      metadata: { kind: "postgres", url: url("nearbucket") },
    });
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    const bob = await clientOf(gateway, "bob");
    await bob.send(new CreateBucketCommand({ Bucket: "bobs" }));
    await put(gateway, "before");
    await untilWalked(gateway);
    await paste("backup_postgres", places);
    await putMany(gateway);

    await gateway.kill();
    await paste("restore_postgres", places);
    await gateway.restart({ ...OFTEN, metadata: { kind: "postgres", url: url("nearbucket_restored") } });
    await bob.send(new HeadBucketCommand({ Bucket: "bobs" }));
    await expectRestored(gateway);
  });
});
