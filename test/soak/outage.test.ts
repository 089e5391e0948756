// While one of three stores is down, full, slow or wrong, every read is right, and every write is done or answered with
// 503.
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { scheduler } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { describeOnLoopDisk, openLoopDisk } from "../support/loop-disk.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { type S3Proxy, startS3Proxy } from "../support/s3-proxy.ts";
import { isLong, openChance } from "./chance.ts";
import { type Ask, openClient } from "./client.ts";
import { Ledger } from "./ledger.ts";
import { startLoad } from "./load.ts";
import { type Stable, startReaders, writeStable } from "./readers.ts";
import { openRecorder, type Recorder } from "./recorder.ts";

const OUTAGE_MS = isLong ? 60_000 : 5_000;
const DISK_BYTES = 768 * 1024 ** 2;
const TIMEOUT_MS = OUTAGE_MS * 3 + 60_000;

interface OutageRig extends AsyncDisposable {
  readonly ask: Ask;
  readonly recorder: Recorder;
  /** Writes that were cut, and calls that were answered with 500. */
  readonly unclean: string[];
  /** Reads of the writers that were cut. */
  readonly cut: string[];
  /** The store that fails, and the proxy in front of it. */
  readonly victim: Minio;
  readonly proxy: S3Proxy;
  readonly stable: Stable;
}

/** `directory`: the disk of the store that fails. */
async function openOutageRig(directory?: string): Promise<OutageRig> {
  const buckets = ["blobs"];
  const victim = await startMinio({ buckets, ...(directory !== undefined && { directory }) });
  const proxy = await startS3Proxy(victim.url);
  const others = [await startMinio({ buckets }), await startMinio({ buckets })];
  const { publicUrl, accessKeyId, secretAccessKey } = victim;
  const gateway = await startGatewayProcess(
    overMinios([{ url: proxy.url, publicUrl, accessKeyId, secretAccessKey }, ...others]),
  );
  const root = { accessKeyId: gateway.accessKeyId, secretAccessKey: gateway.secretAccessKey };
  const ask = openClient({ endpoint: gateway.url, ...root }, false);
  await ask({ method: "PUT", path: "/bucket" });
  const unclean: string[] = [];
  const cut: string[] = [];
  const recorder = openRecorder(async (request) => {
    const reply = await ask(request);
    if (reply === undefined && request.method === "GET") cut.push(`${request.path} was cut`);
    else if (reply === undefined || reply.status === 500)
      unclean.push(`${request.method ?? "GET"} ${request.path}: ${reply?.text ?? "cut"}`);
    return reply;
  }, new Ledger());
  return {
    ask,
    recorder,
    unclean,
    cut,
    victim,
    proxy,
    stable: await writeStable(ask),
    async [Symbol.asyncDispose]() {
      for (const one of [gateway, proxy, victim, ...others]) await one[Symbol.asyncDispose]();
    },
  };
}

interface Outage {
  begin(rig: OutageRig): Promise<void> | void;
  end(rig: OutageRig): Promise<void> | void;
  /** A read may be cut: bytes that are known to be wrong after they were sent. The next read must be right. */
  readonly cuts?: true;
}

const outages: Readonly<Record<string, Outage>> = {
  "stands still": {
    begin: ({ victim }) => void process.kill(victim.server.pid, "SIGSTOP"),
    end: ({ victim }) => void process.kill(victim.server.pid, "SIGCONT"),
  },
  dies: {
    begin: async ({ victim }) => void (await victim.server.stop("SIGKILL")),
    end: ({ victim }) => victim.restart(),
  },
  "takes a second for each answer": {
    begin: ({ proxy }) => void proxy.script({}, { do: "slow", ms: 1000 }),
    end: ({ proxy }) => proxy.reset(),
  },
  "answers with 500": {
    begin: ({ proxy }) => void proxy.script({}, { do: "status", status: 500 }),
    end: ({ proxy }) => proxy.reset(),
  },
  "gives wrong bytes": {
    begin: ({ proxy }) => void proxy.script({ method: "GET", key: /^blobs/ }, { do: "spoil", change: flipped }),
    end: ({ proxy }) => proxy.reset(),
    cuts: true,
  },
};

/** One bit in the middle. */
function flipped(body: Buffer): Buffer {
  const at = Math.floor(body.length / 2);
  if (body.length > 0) body.writeUInt8(body.readUInt8(at) ^ 1, at);
  return body;
}

/** Runs readers and writers before and during the outage of one store, and returns what was wrong. */
async function faultsDuring(rig: OutageRig, title: string, outage: Outage): Promise<readonly string[]> {
  const { recorder, unclean } = rig;
  const chance = openChance(title);
  const readers = startReaders(rig.ask, rig.stable, chance);
  const load = startLoad(recorder, chance);
  await scheduler.wait(OUTAGE_MS / 2);
  const before = readers.take();
  await outage.begin(rig);
  await scheduler.wait(OUTAGE_MS);
  const during = readers.take();
  await outage.end(rig);
  await Promise.all([readers.stop(), load.stop()]);
  await recorder.readAll(`after a store that ${title}`);
  expect(during.length).toBeGreaterThan(0);
  const slow =
    isLong && p99(during) > 3 * p99(before) ? [`p99 of reads: ${p99(before)} ms, then ${p99(during)} ms`] : [];
  const cut = [...readers.cut, ...rig.cut.splice(0)];
  return [
    ...readers.wrong,
    ...(outage.cuts ? [] : cut),
    ...unclean.splice(0),
    ...recorder.ledger.violations.splice(0),
    ...slow,
  ];
}

/** Of sorted times. It needs the long form: in a few seconds, the first reads that meet the outage are too many. */
function p99(times: readonly number[]): number {
  return Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
}

describeWith(["minio"], "a gateway over three stores, one of which", () => {
  let rig: OutageRig;
  beforeAll(async () => {
    rig = await openOutageRig();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it.each(Object.entries(outages))("%s, gets every call right", { timeout: TIMEOUT_MS }, async (title, outage) => {
    expect(await faultsDuring(rig, title, outage)).toEqual([]);
  });
});

describeOnLoopDisk("a gateway over three stores, one of which is full", () => {
  it("gets every call right", { timeout: TIMEOUT_MS }, async () => {
    await using disk = await openLoopDisk(DISK_BYTES);
    await using rig = await openOutageRig(disk.directory);
    const full: Outage = {
      begin: () => fill(disk.directory),
      end: () => rm(join(disk.directory, "filler"), { recursive: true }),
    };
    expect(await faultsDuring(rig, "is full", full)).toEqual([]);
  });
});

/** Takes all blocks that are left, although MinIO allocates and frees some meanwhile. */
async function fill(directory: string): Promise<void> {
  const folder = join(directory, "filler");
  await mkdir(folder);
  for (let count = 0; count < 20; count++) {
    const { bavail, bsize } = await statfs(directory);
    // If it is too much, what fits stays allocated.
    if (bavail > 0)
      await run(neededProgram("fallocate"), ["--length", String(bavail * bsize), join(folder, String(count))]).catch(
        () => {},
      );
  }
}
