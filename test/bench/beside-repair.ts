/**
 * What background work costs the clients: the latency of a steady load of small requests, by turns on a quiet gateway
 * and on one that repairs or scrubs at its configured rate. A window counts only if that work went on until its end.
 */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import type { BenchOptions } from "./comparison.ts";
import { BUCKET, PROXY, target } from "./stage.ts";
import { put } from "./transfer.ts";

/** 1.5 GiB, on two of three stores. */
const LARGE = { count: 96, blocks: 16 } as const;
const SMALL = { count: 500, bytes: 4096 } as const;
/** Of each kind of request. */
const PER_SECOND = 60;
const AT_MOST = 1.1;
const LOOK_MS = 100;
const WARM_SECONDS = 5;

interface Latencies {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** The latency of one kind of request in one state of the gateway. */
export interface Beside extends Latencies {
  readonly work: string;
  readonly state: State;
  /** p99 against the quiet gateway. */
  readonly ratio: number;
  /** Undefined: it is the quiet one. */
  readonly met: boolean | undefined;
}

type Kind = "GET" | "PUT";
type Window = Readonly<Record<Kind, readonly number[]>>;
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
    for (let at = 0; at < 3; at++) minios.push(opened(await startMinio({ buckets: ["blobs"] })));
    const gateway = opened(await startGatewayProcess({ ...overMinios(minios), cache: { bytes: 0 } }));
    await fill(gateway);
    await load(gateway, WARM_SECONDS);
    const windows: Record<State, Window[]> = { quiet: [], repair: [], scrub: [] };
    for (let round = 0; round < rounds; round++) {
      windows.quiet.push(await load(gateway, seconds));
      const name = ["amsterdam", "toronto", "singapore"][round % 3] ?? "";
      await gateway.command("backends", "drain", name);
      windows.repair.push(await during(gateway, copiesWait, seconds));
      await untilRepaired(gateway);
      await gateway.command("backends", "resume", name);
      await untilRepaired(gateway);
      await gateway.kill();
      await gateway.restart(SCRUB_ALL);
      await load(gateway, WARM_SECONDS);
      windows.scrub.push(await during(gateway, isScrubbing, seconds));
      await gateway.kill();
      await gateway.restart({ scrub: {} });
      await load(gateway, WARM_SECONDS);
    }
    return (["GET", "PUT"] as const).flatMap((kind) => verdicts(kind, windows));
  } finally {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
  }
}

/** A window in which that work goes on from the beginning to the end. */
async function during(gateway: GatewayProcess, goesOn: Look, seconds: number): Promise<Window> {
  while (!(await goesOn(gateway))) await delay(LOOK_MS);
  const window = await load(gateway, seconds);
  if (!(await goesOn(gateway))) throw new Error("the background work ended before the window: give it more to do");
  return window;
}

function verdicts(kind: Kind, windows: Readonly<Record<State, readonly Window[]>>): readonly Beside[] {
  const all = STATES.map((state) => latenciesOf(windows[state].flatMap((window) => window[kind])));
  return STATES.map((state, at) => {
    const { p50, p99 } = all[at] ?? latenciesOf([]);
    const ratio = p99 / (all[0]?.p99 ?? Number.NaN);
    return { work: `${kind} 4 KiB`, state, p50, p99, ratio, met: state === "quiet" ? undefined : ratio <= AT_MOST };
  });
}

function latenciesOf(all: readonly number[]): Latencies {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function fill(gateway: GatewayProcess): Promise<void> {
  await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (let at = 0; at < LARGE.count; at++)
    await put(gateway, `large-${at}`, { name: `large-${at}`, blocks: LARGE.blocks });
  for (let at = 0; at < SMALL.count; at++) await exchange(gateway, "PUT", `small-${at}`);
}

/** Requests at a steady rate, whether or not the ones before were answered. Milliseconds of each. */
async function load(gateway: GatewayProcess, seconds: number): Promise<Window> {
  const taken: Record<Kind, number[]> = { GET: [], PUT: [] };
  const underWay: Promise<void>[] = [];
  const begun = performance.now();
  for (let sent = 0; sent < seconds * PER_SECOND; sent++) {
    const due = begun + (sent * 1000) / PER_SECOND;
    await delay(Math.max(0, due - performance.now()));
    for (const kind of ["GET", "PUT"] as const) {
      const key = kind === "GET" ? `small-${(sent * 7) % SMALL.count}` : `written-${sent}`;
      underWay.push(exchange(gateway, kind, key).then((ms) => void taken[kind].push(ms)));
    }
  }
  await Promise.all(underWay);
  return taken;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** One request of 4 KiB, and the milliseconds until its answer was there. Throws on any status but 200. */
function exchange(gateway: GatewayProcess, method: Kind, key: string): Promise<number> {
  const body = method === "PUT" ? randomBytes(SMALL.bytes) : undefined;
  const path = target(gateway, method, key, method === "GET" ? PROXY : {});
  const { hostname, port } = new URL(gateway.url);
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
  const read = () => metric(gateway, 'nearbucket_scrubbed_bytes_total{backend="amsterdam"}');
  const before = await read();
  await delay(LOOK_MS);
  return (await read()) > before;
};

/** 0 where there is none. */
async function metric({ url }: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/-/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? 0);
}

/** No copy waited for three seconds: a walk over all blobs comes before the jobs. */
async function untilRepaired(gateway: GatewayProcess): Promise<void> {
  for (let quiet = 0; quiet * LOOK_MS < 3000; quiet = (await copiesWait(gateway)) ? 0 : quiet + 1) await delay(LOOK_MS);
}
