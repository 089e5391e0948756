// A store that comes back empty, is not mounted, or was exchanged: nothing is read, redirected or written there, nothing
// counts as lost because of what it says, and operators see it.
// Shows I1, I5, I8 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { overMinios } from "../support/gateway-process.ts";
import { startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { presign } from "../support/sign.ts";

vi.setConfig({ testTimeout: 60_000 });

const BUCKET = "bucket";
const AMSTERDAM = "52.37,4.9";
const WITHIN = { timeout: 15_000, interval: 10 };

async function fill(gateway: TestGateway): Promise<ReadonlyMap<string, Buffer>> {
  await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const objects = new Map([3000, 200_000, 2_000_000].map((size) => [`key-${size}`, randomBytes(size)] as const));
  for (const [Key, Body] of objects) await gateway.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  return objects;
}

/** Reads every object from that place, through the gateway and by a redirect. Throws at the first wrong answer. */
async function readAll(
  gateway: TestGateway,
  objects: ReadonlyMap<string, Buffer>,
  place = "0,0",
): Promise<readonly string[]> {
  const origins: string[] = [];
  for (const [key, bytes] of objects)
    for (const redirect of ["never", "always"]) {
      const signer = {
        endpoint: gateway.url,
        accessKeyId: gateway.accessKeyId,
        secretAccessKey: gateway.secretAccessKey,
      };
      const url = presign(signer, { path: `/${BUCKET}/${key}?x-nearbucket-redirect=${redirect}` });
      const answer = await fetch(url, { headers: { "x-nearbucket-client": place } });
      expect(answer.status, `${key} ${redirect}`).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes), `${key} ${redirect}`).toBe(true);
      origins.push(new URL(answer.url).origin);
    }
  return origins;
}

const conditionOf = async (gateway: TestGateway, name: string): Promise<unknown> => {
  const { backends } = (await (await fetch(`${gateway.url}/-/ready`)).json()) as { backends: Record<string, string> };
  return backends[name];
};

const member = (gateway: TestGateway, name: string) => {
  const found = gateway.gateway.fleet.get(name);
  if (found === undefined) throw new Error(`no backend ${name}`);
  return found;
};

async function untilLost(gateway: TestGateway, name: string): Promise<void> {
  await vi.waitFor(async () => expect(await conditionOf(gateway, name)).toBe("lost"), WITHIN);
  await vi.waitFor(async () => {
    const rows = await gateway.gateway.metadata.backends.list();
    expect(rows.find((row) => row.name === name)?.lostAt).toBeDefined();
  }, WITHIN);
  expect(await (await fetch(`${gateway.url}/-/metrics`)).text()).toContain(
    `nearbucket_backend_lost{backend="${name}"} 1`,
  );
}

async function statesOf({ gateway }: TestGateway, objects: ReadonlyMap<string, Buffer>): Promise<Set<string>> {
  const found = await Promise.all([...objects.keys()].map((key) => gateway.metadata.objects.find(BUCKET, key)));
  return new Set(found.flatMap((one) => one.found?.blob.replicas.map(({ state }) => state) ?? []));
}

const isRefused = async (gateway: TestGateway) =>
  expect(
    gateway.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "new", Body: randomBytes(5000) })),
  ).rejects.toMatchObject({ name: "ServiceUnavailable" });

describeWith(["minio"], "a MinIO that comes back empty", () => {
  /** A gateway over two MinIOs, with objects, of which the one in Amsterdam has just been killed. */
  async function withoutOne() {
    const minios = [await startMinio(), await startMinio()] as const;
    const { regions, backends } = overMinios(minios);
    const gateway = await startTestGateway({ backends, config: { regions } });
    const objects = await fill(gateway);
    const [minio] = minios;
    expect(await readAll(gateway, objects, AMSTERDAM)).toContain(minio.publicUrl);
    await minio.kill();
    await vi.waitFor(() => expect(member(gateway, "amsterdam").up).toBe(false), WITHIN);
    return {
      minio,
      gateway,
      objects,
      async [Symbol.asyncDispose]() {
        for (const one of [gateway, ...minios]) await one[Symbol.asyncDispose]();
      },
    };
  }

  it("fails no read, gets no bucket and no byte, and is lost until the right one is back", async () => {
    await using rig = await withoutOne();
    const { minio, gateway, objects } = rig;
    await minio.restart({ emptied: true });
    const read = async () => expect(await readAll(gateway, objects, AMSTERDAM)).not.toContain(minio.publicUrl);
    for (let round = 0; round < 3; round++) await read();
    await untilLost(gateway, "amsterdam");
    for (let round = 0; round < 3; round++) await read();
    await isRefused(gateway);
    expect((await minio.s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    expect(await statesOf(gateway, objects)).toEqual(new Set(["verified"]));
  });

  it("is no more believed with a bucket that somebody made there", async () => {
    await using rig = await withoutOne();
    const { minio, gateway, objects } = rig;
    await minio.restart({ emptied: true });
    await minio.s3.send(new CreateBucketCommand({ Bucket: "blobs" }));
    await untilLost(gateway, "amsterdam");
    expect(await readAll(gateway, objects, AMSTERDAM)).not.toContain(minio.publicUrl);
    expect(await statesOf(gateway, objects)).toEqual(new Set(["verified"]));
  });

  it("is up again by itself after a mere restart", async () => {
    await using rig = await withoutOne();
    const { minio, gateway, objects } = rig;
    await minio.restart();
    await vi.waitFor(() => expect(member(gateway, "amsterdam").up).toBe(true), WITHIN);
    expect(await readAll(gateway, objects, AMSTERDAM)).toContain(minio.publicUrl);
  });
});

describe("a disk", () => {
  /** A gateway over two disks below a directory, and a way to start it again on the same database. */
  async function overDisks() {
    const root = await mkdtemp(join(tmpdir(), "nearbucket-lost-"));
    const at = (name: string) => join(root, name);
    const start = () =>
      startTestGateway({
        backends: ["a", "b"].map((name) => ({ kind: "disk", name, region: name, directory: at(name) }) as const),
        config: { metadata: { kind: "sqlite", file: at("metadata.sqlite"), durable: false } },
      });
    return { at, start, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  }

  const absences: [string, (directory: string) => Promise<unknown>][] = [
    ["that is not mounted", (directory) => mkdir(directory)],
    ["whose mount point is gone", async () => undefined],
    [
      "that was exchanged for another",
      async (directory) => (await openDiskBackend({ name: "other", region: "x", directory })).establish("another-disk"),
    ],
  ];

  it.each(absences)("%s is lost, and untouched, until it is back", async (_, stand) => {
    await using disks = await overDisks();
    await using gateway = await disks.start();
    const objects = await fill(gateway);
    await rename(disks.at("a"), disks.at("away"));
    await stand(disks.at("a"));
    const before = await readdir(disks.at("a"), { recursive: true }).catch(() => "none");
    await readAll(gateway, objects);
    await untilLost(gateway, "a");
    await readAll(gateway, objects);
    await isRefused(gateway);
    expect(await readdir(disks.at("a"), { recursive: true }).catch(() => "none")).toEqual(before);
    expect(await statesOf(gateway, objects)).toEqual(new Set(["verified"]));
    await rm(disks.at("a"), { recursive: true, force: true });
    await rename(disks.at("away"), disks.at("a"));
    await vi.waitFor(() => expect(member(gateway, "a").up).toBe(true), WITHIN);
    await gateway.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "new", Body: "taken" }));
  });

  it.each(absences)("%s when the gateway starts is not made anew, and serves when it comes", async (_, stand) => {
    await using disks = await overDisks();
    let objects: ReadonlyMap<string, Buffer>;
    {
      await using gateway = await disks.start();
      objects = await fill(gateway);
    }
    await rename(disks.at("a"), disks.at("away"));
    await stand(disks.at("a"));
    const before = await readdir(disks.at("a"), { recursive: true }).catch(() => "none");
    await using gateway = await disks.start();
    await untilLost(gateway, "a");
    await readAll(gateway, objects);
    expect(await readdir(disks.at("a"), { recursive: true }).catch(() => "none")).toEqual(before);
    await rm(disks.at("a"), { recursive: true, force: true });
    await rename(disks.at("away"), disks.at("a"));
    await vi.waitFor(() => expect(member(gateway, "a").up).toBe(true), WITHIN);
  });
});
