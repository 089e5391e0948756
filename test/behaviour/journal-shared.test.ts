// Two gateways with one PostgreSQL and the journal in mode ack: one of them writes what both acknowledge, and dies.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { type GatewayProcess, type ServeOptions, startGatewayProcess } from "../support/gateway-process.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 180_000 });
const SEGMENTS = { method: "PUT", key: /^journal\/.*segments/ } as const;
const REGIONS = ["a", "b"].map((name, index) => ({ name, latitude: 0, longitude: index }));
/** A lease, and what a client may wait, several times on a machine that is busy. */
const WITHIN = { timeout: 40_000, interval: 50 };
const Bucket = "bucket";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Shared {
  readonly metadata: { readonly kind: "postgres"; readonly url: string };
  /** As after the loss of its server. */
  lose(): Promise<void>;
}

async function database(): Promise<Shared> {
  const { engine, knex, remove } = await makePostgres(postgresUrl ?? "");
  closing.push(remove);
  if (engine.kind !== "postgres") throw new Error("PostgreSQL was asked for");
  const schema = new URL(engine.url).searchParams.get("options")?.split("=")[1];
  return {
    metadata: { kind: "postgres", url: engine.url },
    async lose() {
      await knex.raw(`DROP SCHEMA ${schema} CASCADE`);
      await knex.raw(`CREATE SCHEMA ${schema}`);
    },
  };
}

type Options = Omit<ServeOptions, "regions">;

async function start(options: Options): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({
    ...{ encryptionKey: "what the operator kept elsewhere", journal: { mode: "ack" }, regions: REGIONS },
    ...options,
  });
  closing.push(async () => gateway[Symbol.asyncDispose]());
  return gateway;
}

async function both(options: Options): Promise<readonly [GatewayProcess, GatewayProcess]> {
  const gateways = [await start(options), await start(options)] as const;
  // The one that writes makes a snapshot first.
  for (const gateway of gateways)
    await vi.waitFor(async () => expect([200, 409]).toContain((await ask(gateway, "PUT", "/bucket")).status), WITHIN);
  return gateways;
}

function ask({ url, accessKeyId, secretAccessKey }: GatewayProcess, method: string, path: string, body = "") {
  return signedFetch({ endpoint: url, accessKeyId, secretAccessKey })({ method, path, body });
}

async function writes({ url }: GatewayProcess): Promise<boolean> {
  return JSON.parse(await (await fetch(`${url}/-/status`)).text()).journal.segment !== undefined;
}

/** Each writer puts objects of its own until the gateway is gone or it is told to stop; what was answered is noted. */
function load(gateway: GatewayProcess, name: string, ledger: Map<string, Buffer>) {
  let isOver = false;
  const writer = async (number: number) => {
    for (let at = 0; !isOver; at += 1) {
      const [Key, Body] = [`${name}/${number}/${at}`, randomBytes(1 + ((at * 977) % 5_000))];
      const answer = await gateway.s3.send(new PutObjectCommand({ Bucket, Key, Body })).catch(() => undefined);
      if (answer !== undefined) ledger.set(Key, Body);
    }
  };
  const done = Promise.all([1, 2, 3].map(writer));
  return async () => {
    isOver = true;
    await done;
  };
}

describe.skipIf(!postgresUrl)("two gateways that acknowledge with the journal", () => {
  it("both answer only when two backends have the segment", async () => {
    await using a = await startFaultyS3();
    await using b = await startFaultyS3();
    const backends = [a, b].map(({ endpoint }, index) => {
      const { name = "" } = REGIONS[index] ?? {};
      const address = { bucket: "blobs", accessKeyId: "AK", secretAccessKey: "SK" };
      return { kind: "s3" as const, name, region: name, endpoint, ...address };
    });
    const gateways = await both({ metadata: (await database()).metadata, backends });
    const held = b.script(SEGMENTS, { do: "hold" });
    const answers: number[] = [];
    const asked = gateways.map(async (gateway, index) => {
      answers.push((await ask(gateway, "PUT", `/bucket/${index}`, `of ${index}`)).status);
    });
    await held.met;
    // Both are in the database by now.
    for (const index of gateways.keys())
      await vi.waitFor(
        async () => expect((await ask(gateways[0], "GET", `/bucket/${index}`)).status).toBe(200),
        WITHIN,
      );
    expect(answers).toEqual([]);
    held.release();
    held.remove();
    await Promise.all(asked);
    expect(answers).toEqual([200, 200]);
  });

  it("go on when the one that writes is killed, and a restore has what both acknowledged", async () => {
    const directory = await temporaryDirectory();
    const backends = REGIONS.map(({ name }) => {
      return { kind: "disk" as const, name, region: name, directory: join(directory, name) };
    });
    const { metadata, lose } = await database();
    const [first, second] = await both({ metadata, backends });
    const [writer, other] = (await writes(first)) ? [first, second] : [second, first];
    expect(await writes(other)).toBe(false);
    const ledger = new Map<string, Buffer>();
    const [stopWriter, stopOther] = [load(writer, "writer", ledger), load(other, "other", ledger)];
    const grows = (name: string) => {
      const count = () => [...ledger.keys()].filter((key) => key.startsWith(name)).length;
      const from = count();
      return vi.waitFor(() => expect(count()).toBeGreaterThan(from + 10), WITHIN);
    };
    await Promise.all([grows("writer"), grows("other")]);
    await writer.kill();
    await stopWriter();
    await grows("other");
    expect(await writes(other)).toBe(true);
    await other.kill();
    await stopOther();
    await lose();
    const told = JSON.parse(await other.command("restore", "--json"));
    expect(told).toMatchObject({ findings: [], unused: 0, lostBlobs: 0 });
    await other.restart();
    for (const [Key, body] of ledger) {
      const { Body } = await other.s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(body.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)), Key).toBe(true);
    }
  });
});
