/** The stores below a gateway that is killed: what outlives it, and what really stands there. */
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeConfig } from "../../src/cli/node-config.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { overMinios, overNodes } from "../support/gateway-process.ts";
import { startMinio } from "../support/minio.ts";
import { type NodeProcess, startNodeProcess } from "../support/node-process.ts";
import { type S3Proxy, startS3Proxy } from "../support/s3-proxy.ts";
import { differences, type Holdings, readBooks } from "./books.ts";
import { settle } from "./settle.ts";
import { bytesIn, bytesOnDisk, standingOnDisk, standingOnMinio, standingOnNode } from "./standing.ts";

/** A store that runs in a process of its own. */
interface Server {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** The backends of a gateway. */
export interface Stores<S extends Server = Server> extends AsyncDisposable {
  readonly config: Pick<GatewayConfigInput, "regions" | "backends">;
  /** In the order of the backends. Disks have none. */
  readonly servers: readonly S[];
  /** In front of each MinIO, in the order of the backends. */
  readonly proxies: readonly S3Proxy[];
  standing(): Promise<Holdings>;
  /** What a backend holds under a storage key. Rejects when it holds nothing, or nothing whole. */
  bytes(backend: string, key: string): Promise<Buffer>;
  /** Makes temporary files of the stores two days older. */
  age(): Promise<void>;
  /** Runs all upkeep of stores that have books of their own, and returns what these and their disks differ in. */
  faultsWithin(): Promise<readonly string[]>;
}

const DAY_MS = 86_400_000;

/**
 * `directory`: the disk of the first of them. `isProxied`: a proxy drops what it holds when a MinIO breaks off, so that
 * the break seems to lie further in front of the damage.
 */
export async function minioStores(count = 2, directory?: string, isProxied = true) {
  const minios = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startMinio(index === 0 && directory !== undefined ? { directory } : {}),
    ),
  );
  const proxies = await Promise.all(isProxied ? minios.map(({ url }) => startS3Proxy(url)) : []);
  const config = overMinios(
    minios.map(({ url, publicUrl, accessKeyId, secretAccessKey }, index) => ({
      url: proxies[index]?.url ?? url,
      publicUrl,
      accessKeyId,
      secretAccessKey,
    })),
  );
  const byName = namedAs(config, minios);
  return {
    config,
    servers: minios,
    proxies,
    standing: () => ofEach(byName, standingOnMinio),
    bytes: (backend, key) => bytesIn(found(byName, backend), key),
    age: async () => {},
    faultsWithin: async () => [],
    async [Symbol.asyncDispose]() {
      for (const one of [...proxies, ...minios]) await one[Symbol.asyncDispose]();
    },
  } satisfies Stores;
}

/** `count` disk backends, each in its own region; `first`: the directory of the first, else all are made at `place`. */
export async function diskStores(count: number, { place = tmpdir(), first = "" } = {}): Promise<Stores> {
  const directory = await mkdtemp(join(place, "nearbucket-disks-"));
  const names = Array.from({ length: count }, (_, index) => `disk-${index + 1}`);
  const at = new Map(names.map((name, index) => [name, (index === 0 && first) || join(directory, name)]));
  return {
    config: {
      regions: names.map((name, index) => ({ name, latitude: 0, longitude: index * 10 })),
      backends: [...at].map(([name, path]) => ({ kind: "disk", name, region: name, directory: path }) as const),
    },
    servers: [],
    proxies: [],
    standing: () => ofEach(at, standingOnDisk),
    bytes: (backend, key) => bytesOnDisk(found(at, backend), key),
    async age() {
      for (const path of at.values()) await makeOld(path);
    },
    faultsWithin: async () => [],
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Processes of `nearbucket node`, each with a disk of its own. `from`: how many places are left out. */
export async function nodeStores(count: number, from = 0): Promise<Stores<NodeProcess>> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startNodeProcess()));
  const config = overNodes(nodes, from);
  const byName = namedAs(config, nodes);
  return {
    config,
    servers: nodes,
    proxies: [],
    standing: () => ofEach(byName, ({ s3 }) => standingOnNode(s3)),
    bytes: (backend, key) => bytesIn(found(byName, backend), key),
    age: async () => {},
    async faultsWithin() {
      const faults = await ofEach(byName, faultsOf);
      return Object.entries(faults).flatMap(([name, of]) => of.map((fault) => `${name}: ${fault}`));
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}

/** Stores of several kinds below one gateway. Their backends and regions must have different names. */
export function together(...all: readonly Stores[]): Stores {
  return {
    config: {
      regions: all.flatMap(({ config }) => config.regions),
      backends: all.flatMap(({ config }) => config.backends),
    },
    servers: all.flatMap(({ servers }) => servers),
    proxies: all.flatMap(({ proxies }) => proxies),
    standing: async () => Object.assign({}, ...(await Promise.all(all.map((one) => one.standing())))),
    bytes(backend, key) {
      const holder = all.find(({ config }) => config.backends.some(({ name }) => name === backend));
      if (holder === undefined) throw new Error(`no backend ${backend}`);
      return holder.bytes(backend, key);
    },
    async age() {
      for (const one of all) await one.age();
    },
    faultsWithin: async () => (await Promise.all(all.map((one) => one.faultsWithin()))).flat(),
    async [Symbol.asyncDispose]() {
      for (const one of all) await one[Symbol.asyncDispose]();
    },
  };
}

/** A node stores what it is given as a gateway of its own does, once. It runs again afterwards. */
async function faultsOf(node: NodeProcess): Promise<readonly string[]> {
  const { directory, accessKeyId, secretAccessKey } = node;
  const disk = join(directory, "disk");
  await node.kill();
  await makeOld(disk);
  await settle(
    await nodeConfig({
      directory,
      host: "127.0.0.1",
      port: 0,
      rootKey: { accessKeyId, secretAccessKey },
      region: "here",
      logLevel: "silent",
    }),
  );
  const { faults, holdings } = await readBooks(join(directory, "metadata.sqlite"), 1);
  await node.restart();
  return [...faults, ...differences(holdings, { disk: await standingOnDisk(disk) })];
}

async function makeOld(disk: string): Promise<void> {
  const before = new Date(Date.now() - 2 * DAY_MS);
  const folder = join(disk, "tmp");
  for (const name of await readdir(folder)) await utimes(join(folder, name), before, before);
}

function namedAs<S>({ backends }: Stores["config"], servers: readonly S[]): ReadonlyMap<string, S> {
  return new Map(
    servers.flatMap((server, index) => backends.slice(index, index + 1).map(({ name }) => [name, server] as const)),
  );
}

async function ofEach<S, T>(all: ReadonlyMap<string, S>, ask: (one: S) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all([...all].map(async ([name, one]) => [name, await ask(one)] as const)));
}

function found<S>(all: ReadonlyMap<string, S>, name: string): S {
  const one = all.get(name);
  if (one === undefined) throw new Error(`no backend ${name}`);
  return one;
}
