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
  /** `nearbucket WORDS --config` beside it; its standard output. */
  command(...words: string[]): Promise<string>;
}

/** Of `npm run build`. */
const MAIN = fileURLToPath(new URL("../../dist/start.cjs", import.meta.url));

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
  const s3 = new S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, credentials, maxAttempts: 1 });
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
] as const;

/** Up to three MinIOs as the backends of a gateway, in Amsterdam, Toronto and Singapore, each with the bucket `blobs`. */
export function overMinios(
  minios: readonly Pick<Minio, "url" | "publicUrl" | "accessKeyId" | "secretAccessKey">[],
): Pick<GatewayConfigInput, "regions" | "backends"> {
  const placed = minios.flatMap((minio, index) => PLACES.slice(index, index + 1).map((place) => ({ minio, place })));
  return {
    regions: placed.map(({ place }) => place),
    backends: placed.map(({ minio: { url, publicUrl, accessKeyId, secretAccessKey }, place: { name } }) => ({
      kind: "s3",
      name,
      region: name,
      endpoint: url,
      publicEndpoint: publicUrl,
      bucket: "blobs",
      accessKeyId,
      secretAccessKey,
      replayedHeaders: "tolerate",
    })),
  };
}
