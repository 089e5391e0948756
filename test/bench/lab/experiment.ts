/** The experiment itself: objects with a copy near each client, and the reads of every client by every way. */
import { randomBytes } from "node:crypto";
import { presign } from "../../support/sign.ts";
import { clientAddress } from "./addresses.ts";
import type { Clients } from "./clients.ts";
import { type LabOptions, roundsOf } from "./options.ts";
import { figuresOf, type Result, type Task, WAYS, type Way } from "./reads.ts";
import { INITIAL_WINDOW_BYTES, type LabRegion, regions, rttMs, SERVER_MBIT, WINDOW_BYTES } from "./regions.ts";
import { BUCKET, gateway, nodeHost, type Place, plainUrl, startGateway, write } from "./servers.ts";
import { transferMs } from "./theory.ts";

const [first, ...others] = regions as readonly [LabRegion, ...LabRegion[]];
const MIB = 1024 ** 2;
const LARGE = 8 * MIB;
const LARGE_AT_ONCE = 2;
const CHECKS = 5;
const WARMING = 30;
const WARMING_BYTES = 4096;

/** A transfer without a gateway, from the first region. */
export interface Check {
  readonly region: LabRegion;
  readonly bytes: number;
  readonly measuredMs: number;
  readonly theoryMs: number;
}

/** The second copy of what this region's client reads: with the gateway, and for the client there, far away. */
function partnerOf(region: LabRegion): LabRegion {
  return region === first ? (regions.at(-1) ?? first) : first;
}

/** An object of each size for each region outside the first, with one copy there and one in the first. */
export async function writeObjects(place: Place, sizes: readonly number[]): Promise<void> {
  for (const region of others) {
    await using _ = await startGateway(place, [first, region]);
    if (region === others[0]) await write(`/${BUCKET}`);
    for (const bytes of new Set([WARMING_BYTES, ...sizes])) await write(pathOf(region, bytes), randomBytes(bytes));
  }
}

function pathOf(region: LabRegion, bytes: number): string {
  const kept = region === first ? partnerOf(region) : region;
  return `/${BUCKET}/${kept.name}-${bytes}`;
}

/** A new connection each time. */
export function checkRelay(clients: Clients, options: LabOptions): Promise<readonly Check[]> {
  const line = {
    initialWindowBytes: INITIAL_WINDOW_BYTES,
    windowBytes: WINDOW_BYTES,
    bitsPerSecond: options.clientMbit * 1e6,
  };
  return forEach(options, async (region, bytes) => {
    const host = new URL(plainUrl).host;
    const url = `${plainUrl}/${bytes}`;
    const localAddress = clientAddress(region, "mapped");
    const rounds = bytes < LARGE ? CHECKS : 1;
    const reads = await clients.perform(region, { url, headers: {}, localAddress, bytes, rounds, hosts: [host] });
    const measuredMs = figuresOf(reads, false).totalMs;
    return { region, bytes, measuredMs, theoryMs: transferMs(bytes, { ...line, rttMs: rttMs(region, first) }) };
  });
}

export async function measureAll(
  place: Place,
  clients: Clients,
  options: LabOptions,
  say: (text: string) => void,
): Promise<readonly Result[]> {
  await using _ = await startGateway(place);
  await warm();
  const results: Result[] = [];
  for (const way of WAYS) {
    say(`${way} ...`);
    const some = await forEach(options, async (region, bytes) => {
      const reads = await clients.perform(region, taskOf(region, bytes, way, roundsOf(options, bytes)));
      return { region, bytes, way, fresh: figuresOf(reads, false), kept: figuresOf(reads, true) };
    });
    results.push(...some);
  }
  return results;
}

/** A server's first answers are slow, and no distance makes them so. */
async function warm(): Promise<void> {
  for (let time = 0; time < WARMING; time++)
    for (const region of regions)
      for (const way of WAYS) {
        const { url, headers } = taskOf(region, WARMING_BYTES, way, 1);
        await (await fetch(url, { headers })).arrayBuffer();
      }
}

function taskOf(region: LabRegion, bytes: number, way: Way, rounds: number): Task {
  const near = nodeHost(region);
  const hosts = {
    closest: [near],
    proxied: [new URL(gateway.endpoint).host],
    random: [near, nodeHost(partnerOf(region))],
  };
  return {
    url: presign(gateway, { method: "GET", path: pathOf(region, bytes), expiresIn: 3600 }),
    headers: { "x-nearbucket-redirect": way === "proxied" ? "never" : "always" },
    localAddress: clientAddress(region, way === "random" ? "unmapped" : "mapped"),
    bytes,
    rounds,
    hosts: hosts[way],
  };
}

/**
 * The clients have lines of their own and read at the same time: as many as the gateway's line has room for, and of
 * large objects as many as a small machine keeps up with.
 */
async function forEach<T>(
  { sizes, clientMbit }: LabOptions,
  work: (region: LabRegion, bytes: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  const room = Math.max(1, Math.floor(SERVER_MBIT / clientMbit));
  for (const bytes of sizes) {
    const atOnce = Math.min(room, bytes < LARGE ? regions.length : LARGE_AT_ONCE);
    const waiting = [...regions];
    const own: { readonly region: LabRegion; readonly result: T }[] = [];
    const worker = async (): Promise<void> => {
      for (let region = waiting.shift(); region !== undefined; region = waiting.shift())
        own.push({ region, result: await work(region, bytes) });
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    own.sort((a, b) => a.region.number - b.region.number);
    results.push(...own.map(({ result }) => result));
  }
  return results;
}
