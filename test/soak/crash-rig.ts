/**
 * A gateway process over stores that outlive it, to be killed and started again, and the ledger of what it
 * acknowledged. Clients reach it through a proxy, which can keep its answers back.
 */
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { startMinio } from "../support/minio.ts";
import { type S3Proxy, startS3Proxy } from "../support/s3-proxy.ts";
import { type Holdings, readBooks } from "./books.ts";
import { openClient } from "./client.ts";
import { Ledger } from "./ledger.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { settle } from "./settle.ts";
import { standingOnDisk, standingOnMinio } from "./standing.ts";

/** Stores that a gateway can be put over. */
export interface Stores extends AsyncDisposable {
  readonly config: Pick<GatewayConfigInput, "regions" | "backends">;
  /** Before each store, in the order of the backends; none before disks. */
  readonly proxies: readonly S3Proxy[];
  standing(): Promise<Holdings>;
  /** Lets two days pass for what a store judges by the times of its files. */
  age(): Promise<void>;
}

export interface CrashRig extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly databaseFile: string;
  /** Before the gateway. */
  readonly front: S3Proxy;
  readonly stores: Stores;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Where the database and the stores differ from each other, and from what they are when all is done. */
  faults(): Promise<readonly string[]>;
  /** Kills the gateway, does all that is left to do, and tells what is wrong then. */
  faultsWhenSettled(): Promise<readonly string[]>;
}

/** Bodies above this stream to the stores; smaller ones are held first. */
const BUFFER_BYTES = 256 * 1024;
const DAY_MS = 86_400_000;

export async function openCrashRig(stores: Stores, config: Partial<GatewayConfigInput> = {}): Promise<CrashRig> {
  const gateway = await startGatewayProcess({ ...stores.config, ingest: { bufferBytes: BUFFER_BYTES }, ...config });
  const front = await startS3Proxy(gateway.url);
  const { accessKeyId, secretAccessKey } = gateway;
  const ask = openClient({ endpoint: front.url, accessKeyId, secretAccessKey });
  const made = await ask({ method: "PUT", path: "/bucket" });
  if (made?.status !== 200) throw new Error(`no bucket: ${made?.text}`);
  const ledger = new Ledger();
  const databaseFile = join(gateway.dataDirectory, "metadata.sqlite");
  const faults = async () => {
    const { faults, holdings } = await readBooks(databaseFile, 2);
    return [...faults, ...differences(holdings, await stores.standing())];
  };
  return {
    gateway,
    databaseFile,
    front,
    stores,
    ledger,
    recorder: openRecorder(ask, ledger),
    faults,
    async faultsWhenSettled() {
      await gateway.kill();
      await stores.age();
      await settle(gateway.configFile);
      return faults();
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await stores[Symbol.asyncDispose]();
    },
  };
}

function differences(said: Holdings, standing: Holdings): readonly string[] {
  return Object.entries(standing).flatMap(([backend, found]) => {
    const expected = new Set(said[backend]);
    const orphans = found.filter((key) => !expected.delete(key)).map((key) => `${backend}: nobody knows ${key}`);
    return [...orphans, ...[...expected].map((key) => `${backend}: ${key} is not there`)];
  });
}

export async function minioStores(): Promise<Stores> {
  const minios = [await startMinio({ buckets: ["blobs"] }), await startMinio({ buckets: ["blobs"] })];
  const proxies = await Promise.all(minios.map(({ url }) => startS3Proxy(url)));
  const config = overMinios(
    minios.map(({ url, publicUrl, accessKeyId, secretAccessKey }, index) => ({
      url: proxies[index]?.url ?? url,
      publicUrl,
      accessKeyId,
      secretAccessKey,
    })),
  );
  return {
    config,
    proxies,
    standing: async () => {
      const standing = minios.map(async (minio, index) => {
        return [config.backends[index]?.name ?? "", await standingOnMinio(minio)] as const;
      });
      return Object.fromEntries(await Promise.all(standing));
    },
    age: async () => {},
    async [Symbol.asyncDispose]() {
      for (const one of [...proxies, ...minios]) await one[Symbol.asyncDispose]();
    },
  };
}

/** `count` disks in as many regions: folders of a new one, below `place` if told. */
export async function diskStores(count: number, place = tmpdir()): Promise<Stores> {
  const directory = await mkdtemp(join(place, "nearbucket-disks-"));
  const names = Array.from({ length: count }, (_, index) => `disk-${index + 1}`);
  return {
    config: {
      regions: names.map((name, index) => ({ name, latitude: 0, longitude: index * 10 })),
      backends: names.map((name) => ({ kind: "disk", name, region: name, directory: join(directory, name) }) as const),
    },
    proxies: [],
    standing: async () =>
      Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await standingOnDisk(join(directory, name))] as const)),
      ),
    async age() {
      const before = new Date(Date.now() - 2 * DAY_MS);
      for (const folder of names.map((name) => join(directory, name, "tmp")))
        for (const name of await readdir(folder)) await utimes(join(folder, name), before, before);
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}
