/** `nearbucket serve` in its own process with a configuration given as a value, for real clients and the bench. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { S3Client } from "@aws-sdk/client-s3";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import type { Minio } from "./minio.ts";
import { run } from "./run.ts";
import { freePort, type ServerProcess, startServerProcess } from "./server-process.ts";

export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly s3: S3Client;
  readonly configFile: string;
  readonly dataDirectory: string;
  /** Of the last start. */
  readonly server: ServerProcess;
  /** Sends SIGKILL and waits for the end of the process. */
  kill(): Promise<void>;
  /** Starts it again after `kill` with the same port and data. `change` overrides its configuration from now on. */
  restart(change?: Partial<ServeOptions>): Promise<void>;
  /** `nearbucket WORDS --config` beside it; its standard output. Rejects when it does not exit with 0. */
  command(...words: string[]): Promise<string>;
}

/** Of `npm run build`. */
export const MAIN = fileURLToPath(new URL("../../dist/start.cjs", import.meta.url));

/** What a test must tell; the rest (address, key, data directory) is chosen here. */
export type ServeOptions = Pick<GatewayConfigInput, "regions" | "backends"> & Partial<GatewayConfigInput>;

export async function startGatewayProcess(options: ServeOptions): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-serve-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "AKIASERVEROOT", secretAccessKey: "serve-root-secret-0123456789" };
  let config = {
    listen: { port },
    dataDirectory: join(directory, "data"),
    rootKey: credentials,
    log: { level: "warn" },
    ...options,
  };
  const file = join(directory, "nearbucket.yaml");
  await mkdir(config.dataDirectory, { recursive: true });
  const start = async () => {
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config));
    return startServerProcess({
      path: process.execPath,
      arguments: [MAIN, "serve", "--config", file],
      readyUrl: `${url}/-/ready`,
    });
  };
  let server = await start();
  const s3 = new S3Client({
    ...{ endpoint: url, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
    // The SDK writes into the credentials it is given.
    credentials: { ...credentials },
  });
  return {
    url,
    ...credentials,
    s3,
    configFile: file,
    dataDirectory: config.dataDirectory,
    get server() {
      return server;
    },
    async kill() {
      await server.stop("SIGKILL");
    },
    async restart(change = {}) {
      config = { ...config, ...change };
      server = await start();
    },
    command: async (...words) => (await run(process.execPath, [MAIN, ...words, "--config", file])).toString(),
    async [Symbol.asyncDispose]() {
      s3.destroy();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const PLACES = [
  { name: "amsterdam", latitude: 52.37, longitude: 4.9 },
  { name: "toronto", latitude: 43.65, longitude: -79.38 },
  { name: "singapore", latitude: 1.35, longitude: 103.82 },
  { name: "bangalore", latitude: 12.97, longitude: 77.59 },
  { name: "new-york", latitude: 40.71, longitude: -74.01 },
] as const;

type Served = Pick<Minio, "url" | "publicUrl" | "accessKeyId" | "secretAccessKey">;

/** Up to five MinIOs as the backends of a gateway, in Amsterdam, Toronto, Singapore..., each with the bucket `blobs`. */
export function overMinios(minios: readonly Served[]): Pick<GatewayConfigInput, "regions" | "backends"> {
  return placed(minios, { kind: "s3", replayedHeaders: "tolerate" });
}

/** The same over nodes. `from`: how many of these places are left out. */
export function overNodes(nodes: readonly Served[], from = 0): Pick<GatewayConfigInput, "regions" | "backends"> {
  return placed(nodes, { kind: "node" }, from);
}

function placed(
  stores: readonly Served[],
  kind: { readonly kind: "s3"; readonly replayedHeaders: "tolerate" } | { readonly kind: "node" },
  from = 0,
): Pick<GatewayConfigInput, "regions" | "backends"> {
  const regions = PLACES.slice(from, from + stores.length);
  const backends = stores.flatMap(({ url, publicUrl, accessKeyId, secretAccessKey }, index) =>
    regions.slice(index, index + 1).map(({ name }) => ({
      ...kind,
      name,
      region: name,
      endpoint: url,
      publicEndpoint: publicUrl,
      bucket: "blobs",
      createBucket: true,
      accessKeyId,
      secretAccessKey,
    })),
  );
  return { regions, backends };
}
