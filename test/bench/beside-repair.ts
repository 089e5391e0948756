/**
 * What background work costs the clients: the latency of a steady load of small requests, by turns on a quiet gateway
 * and on one that repairs or scrubs. A window counts only if that work went on until its end. The same requests go to one of
 * the stores itself: what they lose is not the gateway's doing, as stores, gateway and client share the machine.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import type { BenchOptions } from "./comparison.ts";
import { BUCKET, PROXY, type Side, target } from "./stage.ts";
import { MIB, put } from "./transfer.ts";

/** 512 MiB, on two of three stores: each has more than a window sees of it at the full rate. */
const LARGE = { count: 32, blocks: 16 } as const;
const SMALL = { count: 500, bytes: 4096 } as const;
/** Of each kind of request. */
const PER_SECOND = 60;
const AT_MOST = 1.1;
const LOOK_MS = 100;
/** Background work that has not begun or ended by then does not come to it on this machine. */
const PATIENCE_MS = 120_000;
const WARM_SECONDS = 2;

/** Medians of the windows. */
interface Figures {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** MiB a second that the gateway read meanwhile, from clients and stores. NaN on systems without /proc. */
  readonly read: number;
}

/** The latency of one kind of request in one state of the gateway. */
export interface Beside extends Figures {
  readonly work: string;
  readonly state: State;
  /** p99 against the quiet gateway. */
  readonly ratio: number;
  /** Undefined: it is the quiet one, or not the gateway's. */
  readonly met: boolean | undefined;
}

/** By the gateway, or directly to a store. */
const KINDS = ["GET", "PUT", "store GET", "store PUT"] as const;
type Kind = (typeof KINDS)[number];

interface Sides {
  readonly gateway: GatewayProcess;
  readonly store: Side;
}

interface Window extends Readonly<Record<Kind, readonly number[]>> {
  readonly read: number;
}
const STATES = ["quiet", "repair", "scrub"] as const;
type State = (typeof STATES)[number];

/** All replicas are overdue at once. */
const SCRUB_ALL = { scrub: { days: 0.0001 } };

export async function measureBeside({ rounds, seconds }: BenchOptions): Promise<readonly Beside[]> {
  const open: AsyncDisposable[] = [];
  const opened = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };
  try {
    const minios: Minio[] = [];
    for (let at = 0; at < 3; at++) minios.push(opened(await startMinio({ buckets: ["blobs", BUCKET] })));
    const gateway = opened(await startGatewayProcess({ ...overMinios(minios), cache: { bytes: 0 } }));
    const [store] = minios;
    if (store === undefined) throw new Error("no store");
    const sides = { gateway, store };
    await fill(sides);
    await load(sides, 2 * WARM_SECONDS);
    const windows: Record<State, Window[]> = { quiet: [], repair: [], scrub: [] };
    for (let round = 0; round < rounds; round++) {
      windows.quiet.push(await load(sides, seconds));
      const name = ["amsterdam", "toronto", "singapore"][round % 3] ?? "";
      await gateway.command("backends", "drain", name);
      windows.repair.push(await during(sides, copiesWait, seconds));
      await gateway.command("backends", "resume", name);
      await untilRepaired(gateway);
      await restart(sides, SCRUB_ALL);
      windows.scrub.push(await during(sides, isScrubbing, seconds));
      await restart(sides, { scrub: {} });
    }
    return KINDS.flatMap((kind) => verdicts(kind, windows));
  } finally {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
  }
}

/** In order, so that no job is left under the lease of a process that is gone. */
async function restart(sides: Sides, change: Parameters<GatewayProcess["restart"]>[0]): Promise<void> {
  await sides.gateway.server.stop();
  await sides.gateway.restart(change);
  await load(sides, WARM_SECONDS);
}

/** A window in which that work goes on from the beginning to the end. */
async function during(sides: Sides, goesOn: Look, seconds: number): Promise<Window> {
  const { gateway } = sides;
  const deadline = performance.now() + PATIENCE_MS;
  for (; !(await goesOn(gateway)); await delay(LOOK_MS)) checkPatience(deadline, "the background work does not begin");
  const window = await load(sides, seconds);
  if (!(await goesOn(gateway))) throw new Error("the background work ended before the window: give it more to do");
  return window;
}

function verdicts(kind: Kind, windows: Readonly<Record<State, readonly Window[]>>): readonly Beside[] {
  const all = STATES.map((state) => figuresOf(kind, windows[state]));
  return STATES.map((state, at) => {
    const figures = all[at] ?? figuresOf(kind, []);
    const ratio = figures.p99 / (all[0]?.p99 ?? Number.NaN);
    const isJudged = state !== "quiet" && !kind.startsWith("store");
    return { work: `${kind} 4 KiB`, state, ...figures, ratio, met: isJudged ? ratio <= AT_MOST : undefined };
  });
}

function figuresOf(kind: Kind, windows: readonly Window[]): Figures {
  const median = (of: (window: Window) => number): number => quantile(windows.map(of), 0.5);
  return {
    p50: median((window) => quantile(window[kind], 0.5)),
    p99: median((window) => quantile(window[kind], 0.99)),
    read: median(({ read }) => read),
  };
}

function quantile(all: readonly number[], share: number): number {
  return [...all].sort((a, b) => a - b)[Math.floor(all.length * share)] ?? Number.NaN;
}

async function fill({ gateway, store }: Sides): Promise<void> {
  await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (let at = 0; at < LARGE.count; at++)
    await put(gateway, `large-${at}`, { name: `large-${at}`, blocks: LARGE.blocks });
  for (const side of [gateway, store])
    for (let at = 0; at < SMALL.count; at++) await exchange(side, "PUT", `small-${at}`);
}

/** Requests at a steady rate, whether or not the ones before were answered. Milliseconds of each. */
async function load({ gateway, store }: Sides, seconds: number): Promise<Window> {
  const taken: Record<Kind, number[]> = { GET: [], PUT: [], "store GET": [], "store PUT": [] };
  const underWay: Promise<void>[] = [];
  const readBefore = await bytesReadBy(gateway);
  const begun = performance.now();
  for (let sent = 0; sent < seconds * PER_SECOND; sent++) {
    const due = begun + (sent * 1000) / PER_SECOND;
    await delay(Math.max(0, due - performance.now()));
    for (const kind of KINDS) {
      const method = kind.endsWith("GET") ? "GET" : "PUT";
      const key = method === "GET" ? `small-${(sent * 7) % SMALL.count}` : `written-${sent}`;
      const side = kind.startsWith("store") ? store : gateway;
      underWay.push(exchange(side, method, key).then((ms) => void taken[kind].push(ms)));
    }
  }
  await Promise.all(underWay);
  const took = performance.now() - begun;
  return { ...taken, read: ((await bytesReadBy(gateway)) - readBefore) / MIB / (took / 1000) };
}

async function bytesReadBy({ server }: GatewayProcess): Promise<number> {
  const path = `/proc/${server.pid}/io`;
  if (!existsSync(path)) return Number.NaN;
  return Number(/^rchar: (\d+)$/m.exec(await readFile(path, "utf8"))?.[1] ?? Number.NaN);
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** One request of 4 KiB, and the milliseconds until its answer was there. Throws on any status but 200. */
function exchange(side: Side, method: "GET" | "PUT", key: string): Promise<number> {
  const body = method === "PUT" ? randomBytes(SMALL.bytes) : undefined;
  const path = target(side, method, key, method === "GET" ? PROXY : {});
  const { hostname, port } = new URL(side.url);
  const headers = body === undefined ? {} : { "content-length": body.length };
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const client = request({ agent, hostname, port, method, path, headers }, (reply) => {
      reply.resume();
      reply.on("error", reject);
      reply.on("end", () => {
        if (reply.statusCode === 200) resolve(performance.now() - begun);
        else reject(new Error(`${method} ${key} was answered ${reply.statusCode}`));
      });
    });
    client.on("error", reject);
    client.end(body);
  });
}

type Look = (gateway: GatewayProcess) => Promise<boolean>;

const copiesWait: Look = async (gateway) => (await metric(gateway, 'nearbucket_jobs_waiting{kind="copy"}')) > 0;

const isScrubbing: Look = async (gateway) => {
  const read = () => metric(gateway, "nearbucket_scrubbed_bytes_total{");
  const before = await read();
  await delay(LOOK_MS);
  return (await read()) > before;
};

/** All together whose lines begin so. */
async function metric({ url }: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/-/metrics`)).text();
  const values = text.split("\n").flatMap((line) => (line.startsWith(name) ? Number(line.split(" ").at(-1)) : []));
  return values.reduce((sum, value) => sum + value, 0);
}

/** No copy waits for a second: a walk over all blobs comes before the jobs. */
async function untilRepaired(gateway: GatewayProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet * LOOK_MS < 1000; quiet = (await copiesWait(gateway)) ? 0 : quiet + 1) {
    checkPatience(deadline, "the repair does not end");
    await delay(LOOK_MS);
  }
}

function checkPatience(deadline: number, what: string): void {
  if (performance.now() > deadline) throw new Error(`${what} within ${PATIENCE_MS / 1000} s`);
}
