// `nearbucket status` beside gateways in trouble: what it says, and with which exit code.
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import sqlite3 from "sqlite3";
import { describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/admin/status-report.ts";
import { type GatewayProcess, type ServeOptions, startGatewayProcess } from "../support/gateway-process.ts";
import { runCommand } from "./terminal.ts";

interface Site extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly diskOf: (name: string) => string;
}

const NAMES = ["amsterdam", "toronto", "singapore"];

/** A gateway over disks in regions of their own; two objects stand on Amsterdam and Toronto, one on these two as well. */
async function startSite(options: Partial<ServeOptions> = {}): Promise<Site> {
  const disks = await mkdtemp(join(tmpdir(), "nearbucket-status-"));
  const diskOf = (name: string) => join(disks, name);
  const gateway = await startGatewayProcess({
    regions: NAMES.map((name, index) => ({ name, latitude: 0, longitude: 10 * index })),
    // The weight of Singapore is too small to be drawn before the others.
    backends: NAMES.map((name) => ({
      kind: "disk",
      name,
      region: name,
      directory: diskOf(name),
      capacity: name === "singapore" ? 1e-12 : 1,
    })),
    ...options,
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "music" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "cat", Body: "a cat" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "cat again", Body: "a cat" }));
  await gateway.s3.send(new PutObjectCommand({ Bucket: "music", Key: "song", Body: "a song" }));
  return {
    gateway,
    diskOf,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(disks, { recursive: true });
    },
  };
}

async function askStatus({ gateway }: Pick<Site, "gateway">, ...words: string[]) {
  const { code, out, err } = await runCommand(["status", "--config", gateway.configFile, ...words]);
  expect(err).toBe("");
  return { code, out };
}

async function askJson(site: Site) {
  const { code, out } = await askStatus(site, "--json");
  const report: StatusReport & { readonly gateway: Record<string, string> } = JSON.parse(out);
  const backends = Object.fromEntries(report.backends.map((backend) => [backend.name, backend]));
  return { ...report, code, backends };
}

async function change({ gateway }: Site, sql: string): Promise<void> {
  const database = new sqlite3.Database(join(gateway.dataDirectory, "metadata.sqlite"));
  await new Promise<void>((resolve, reject) => database.run(sql, (error) => (error ? reject(error) : resolve())));
  await new Promise((resolve) => database.close(resolve));
}

describe("nearbucket status", () => {
  it("says SAFE with code 0 where every object stands twice, and AT RISK with code 2 while a disk is away", async () => {
    await using site = await startSite();
    const calm = await askJson(site);
    expect(calm).toMatchObject({
      code: 0,
      verdict: "safe",
      copies: 2,
      stored: { blobs: 2, objects: 3, bytes: 11 },
      atRisk: { blobs: 0, objects: 0, bytes: 0 },
      underReplicatedByBucket: [],
      takeovers: [],
    });
    expect(calm.gateway).toEqual({ url: site.gateway.url, startedAt: expect.stringMatching(/Z$/) });
    expect(calm.backends["toronto"]).toMatchObject({ up: true, replicas: 2, bytes: 11, safeToLose: true });
    expect(calm.backends["singapore"]).toMatchObject({ up: true, replicas: 0, safeToLose: true });
    expect(calm.backends["singapore"]?.scrubbedSince).toBeUndefined();
    expect(calm.backends["toronto"]?.scrubbedSince).toMatch(/Z$/);
    expect((await askStatus(site)).out).toMatch(
      /^SAFE {2}Any one backend may be lost now\. 3 objects, 11 B are stored/,
    );

    await rename(site.diskOf("toronto"), site.diskOf("elsewhere"));
    await expect.poll(async () => (await askJson(site)).backends["toronto"]?.up, { timeout: 15_000 }).toBe(false);
    const trouble = await askJson(site);
    expect(trouble).toMatchObject({ code: 2, verdict: "at-risk", atRisk: { blobs: 2, objects: 3, bytes: 11 } });
    expect(trouble.backends["amsterdam"]).toMatchObject({ safeToLose: false, onlyHere: { blobs: 2, objects: 3 } });
    expect(trouble.backends["toronto"]).toMatchObject({ safeToLose: true, why: expect.stringContaining("toronto") });
    expect(trouble.backends["singapore"]).toMatchObject({ safeToLose: true });
    const { out } = await askStatus(site);
    expect(out).toMatch(
      /^AT RISK {2}3 of 3 objects, 11 B: only one good copy is in place\.\n {2}Repair of 3 objects begins at \d\d:\d\d \(in \d+ \w+\)\.$/m,
    );
    // The disk is registered as seen at most 30 s before it went; ten minutes later its copies count no more.
    expect(trouble.toRepair).toEqual({ blobs: 2, objects: 3, bytes: 11 });
    expect(Date.parse(String(trouble.repairBeginsAt)) - Date.parse(String(trouble.backends["toronto"]?.seenAt))).toBe(
      600_000,
    );
    expect(out).toMatch(/^ {2}amsterdam holds the only good copy of 3 objects, 11 B$/m);

    await rename(site.diskOf("elsewhere"), site.diskOf("toronto"));
    await expect.poll(async () => (await askJson(site)).verdict, { timeout: 15_000 }).toBe("safe");
  });

  it("speaks of no repair where objects should stand once", async () => {
    await using site = await startSite({ fewestCopies: 1 });
    const { s3, configFile } = site.gateway;
    await s3.send(new CreateBucketCommand({ Bucket: "scratch" }));
    await runCommand(["buckets", "set", "scratch", "--copies", "1", "--config", configFile]);
    await s3.send(new PutObjectCommand({ Bucket: "scratch", Key: "note", Body: "a note" }));
    const { code, out } = await askStatus(site);
    expect(code).toBe(2);
    expect(out).toMatch(/^AT RISK {2}1 of 4 objects, .*\n {2}They have as many copies as they should: /m);
  });

  it("finds the objects of which one replica is not good, by backend and by bucket", async () => {
    await using site = await startSite();
    await change(
      site,
      `UPDATE replicas SET state = 'lost' WHERE backend = 'amsterdam' AND blob_id =
        (SELECT blob_id FROM objects WHERE key = 'cat')`,
    );
    const report = await askJson(site);
    expect(report).toMatchObject({
      code: 2,
      verdict: "at-risk",
      atRisk: { blobs: 1, objects: 2, bytes: 5 },
      underReplicated: { blobs: 1, objects: 2, bytes: 5 },
      underReplicatedByBucket: [{ bucket: "photos", objects: 2, bytes: 10 }],
    });
    expect(report.backends["toronto"]).toMatchObject({ safeToLose: false, onlyHere: { blobs: 1, objects: 2 } });
    expect(report.backends["amsterdam"]).toMatchObject({ safeToLose: true, lostReplicas: 1 });
    const { out } = await askStatus(site);
    expect(out).toMatch(/^photos +2 +10 B$/m);
  });

  it("says what can only be read when a backend comes back, and what is lost", async () => {
    await using site = await startSite();
    await change(
      site,
      `UPDATE replicas SET state = 'lost' WHERE backend = 'amsterdam' OR blob_id =
        (SELECT blob_id FROM objects WHERE key = 'song')`,
    );
    await rename(site.diskOf("toronto"), site.diskOf("elsewhere"));
    await expect.poll(async () => (await askJson(site)).backends["toronto"]?.up, { timeout: 15_000 }).toBe(false);
    const report = await askJson(site);
    expect(report).toMatchObject({
      code: 2,
      verdict: "lost",
      lost: { blobs: 1, objects: 1, bytes: 6 },
      unreadable: { blobs: 2, objects: 3, bytes: 11 },
    });
    const { out } = await askStatus(site);
    expect(out).toContain("LOST  1 object, 6 B: no backend holds a good copy.");
    expect(out).toContain(
      "UNREADABLE  2 objects, 5 B: all copies are on backends that are away. Bring back\n  toronto.",
    );
  });

  it("goes by the database alone, and says so, when no gateway answers", async () => {
    await using site = await startSite();
    await site.gateway.server.stop();
    const report = await askJson(site);
    expect(report).toMatchObject({ code: 2, verdict: "unknown", stored: { objects: 3 } });
    expect(report.gateway["reason"]).toContain("ECONNREFUSED");
    expect(report.backends["toronto"]).not.toHaveProperty("up");
    const { out } = await askStatus(site);
    expect(out).toMatch(/^No gateway answers at http:\S+: connect ECONNREFUSED/);
    expect(out).toMatch(/^UNKNOWN {2}By the database, any one backend may be lost\. 3 objects, 11 B are stored\.$/m);
  });

  it("says why a gateway tells this machine nothing", async () => {
    await using site = await startSite({ trustedProxies: ["127.0.0.1"] });
    const words = async (...more: string[]) => (await askStatus(site, ...more)).out.replaceAll(/\s+/g, " ");
    expect(await words()).toContain("does not take this machine for an operator");
    expect(await words("--gateway", "http://127.0.0.1:1")).toContain("ECONNREFUSED 127.0.0.1:1");
  });
});
