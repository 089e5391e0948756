// A gateway's machine is lost in mid-load: killed, its whole data directory gone. On a machine that has the
// configuration and the encryption key, `restore` brings back everything that was acknowledged.
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";

const ROUNDS = Number(process.env["SOAK_ROUNDS"] ?? 3);
const WRITERS = 4;
vi.setConfig({ testTimeout: 120_000 + 30_000 * ROUNDS });

const REGIONS = ["a", "b", "c"].map((name, index) => ({ name, latitude: 0, longitude: index }));
const Bucket = "bucket";

/** By key: the digest of what was acknowledged last; undefined: its deletion was. Keys in doubt are left out. */
type Ledger = Map<string, string | undefined>;

describe.each(["ack", "interval"] as const)("a lost gateway with the journal in mode %s", (mode) => {
  let root: string;
  let gateway: GatewayProcess;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "nearbucket-lost-"));
    gateway = await startGatewayProcess({
      regions: REGIONS,
      backends: REGIONS.map(({ name }) => ({ kind: "disk", name, region: name, directory: join(root, name) })),
      encryptionKey: "what the operator kept elsewhere",
      journal: { mode, seconds: 0.2 },
    });
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  it(`loses nothing that was acknowledged, ${ROUNDS} times`, async () => {
    const ledger: Ledger = new Map();
    for (let round = 0; round < ROUNDS; round += 1) {
      await loadUntilKilled(gateway, ledger, `round ${round}`, mode);
      await rm(gateway.dataDirectory, { recursive: true });
      for (const from of await wholeOn(root))
        expect(await restored(gateway, "--dry-run", "--from", from)).toMatchObject({ findings: [], unused: 0 });
      const told = await restored(gateway);
      expect(told).toMatchObject({ findings: [], unused: 0, lostBlobs: 0 });
      await gateway.restart();
      await agree(gateway, ledger);
    }
  });
});

async function restored(gateway: GatewayProcess, ...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await gateway.command("restore", ...words, "--json"));
}

/** The disks that have all of the journal: two, unless one of them was slow, and the third got what came meanwhile. */
async function wholeOn(root: string): Promise<readonly string[]> {
  const files = new Map<string, readonly string[]>();
  for (const { name } of REGIONS) {
    const found = await readdir(join(root, name, "data"), { recursive: true }).catch(() => []);
    files.set(
      name,
      found.filter((path) => /^journal\/.*\d/.test(path)),
    );
  }
  const all = new Set([...files.values()].flat());
  return [...files.keys()].filter((name) => files.get(name)?.length === all.size);
}

/** Writers put and delete until the gateway is killed under them. */
async function loadUntilKilled(gateway: GatewayProcess, ledger: Ledger, round: string, mode: string): Promise<void> {
  let isOver = false;
  let answered = 0;
  const writer = async (name: number) => {
    for (let at = 0; !isOver; at += 1) {
      const Key = `${round}/${name}/${at % 20}`;
      const Body = at % 3 === 0 ? Buffer.from(`the same ${at % 7}`) : randomBytes(1 + ((at * 977) % 20_000));
      const isDeletion = at % 11 === 10;
      const command = isDeletion
        ? new DeleteObjectCommand({ Bucket, Key })
        : new PutObjectCommand({ Bucket, Key, Body, ContentType: "a/b", Metadata: { round, at: `${at}` } });
      const before = ledger.get(Key);
      const isKnown = ledger.delete(Key);
      const answer = await gateway.s3.send(command as PutObjectCommand).catch(() => undefined);
      if (answer !== undefined) answered += 1;
      if (answer !== undefined) ledger.set(Key, isDeletion ? undefined : digestOf(Body));
      // A name whose last answer was lost may be as it was or as it was to be.
      else if (isKnown && before === undefined) ledger.delete(Key);
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, (_, name) => writer(name)));
  await vi.waitFor(() => expect(answered).toBeGreaterThan(60), { timeout: 60_000 });
  if (mode === "interval") {
    // What is older than the interval is kept: the load stops, and the journal catches up.
    isOver = true;
    await writers;
    await vi.waitFor(
      async () => expect(JSON.parse(await gateway.command("status", "--json")).journal).toMatchObject({ waiting: 0 }),
      { timeout: 30_000, interval: 200 },
    );
  }
  await gateway.kill();
  isOver = true;
  await writers;
}

async function agree(gateway: GatewayProcess, ledger: Ledger): Promise<void> {
  for (const [Key, digest] of ledger) {
    const found = await gateway.s3
      .send(new GetObjectCommand({ Bucket, Key }))
      .catch((error: { name: string }) => error);
    if (digest === undefined) expect(found, Key).toMatchObject({ name: "NoSuchKey" });
    else {
      if (!("Body" in found) || found.Body === undefined) throw new Error(`${Key} is lost: ${String(found)}`);
      expect(digestOf(Buffer.from(await found.Body.transformToByteArray())), Key).toBe(digest);
      expect(found, Key).toMatchObject({ ContentType: "a/b", Metadata: { round: expect.any(String) } });
    }
  }
  const listed = await gateway.s3.send(new ListObjectsV2Command({ Bucket }));
  const keys = new Set(listed.Contents?.map(({ Key }) => Key));
  for (const [Key, digest] of ledger) expect(keys.has(Key), Key).toBe(digest !== undefined);
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
