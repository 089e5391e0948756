/**
 * A gateway process that can be killed and restarted, the stores that outlive it, and the ledger of what it
 * acknowledged. Clients reach the gateway through a proxy that can hold its answers.
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

/** The backends of a gateway. */
export interface Stores extends AsyncDisposable {
  readonly config: Pick<GatewayConfigInput, "regions" | "backends">;
  /** In front of each store, in the order of the backends. Disks have none. */
  readonly proxies: readonly S3Proxy[];
  standing(): Promise<Holdings>;
  /** Makes temporary files of the stores two days older. */
  age(): Promise<void>;
}

export interface CrashRig extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly databaseFile: string;
  /** In front of the gateway. */
  readonly front: S3Proxy;
  readonly stores: Stores;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Differences between the database and the stores, and work that is not finished. The gateway must be dead. */
  faults(): Promise<readonly string[]>;
  /** Kills the gateway, runs all remaining upkeep, and returns the faults that are left. */
  faultsWhenSettled(): Promise<readonly string[]>;
}

/** Larger bodies are streamed to the stores; smaller ones are buffered. */
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
    const orphans = found.filter((key) => !expected.delete(key)).map((key) => `${backend}: ${key} is an orphan`);
    return [...orphans, ...[...expected].map((key) => `${backend}: ${key} is missing`)];
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

/** `count` disk backends, each in its own region, in a new directory below `place`. */
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
