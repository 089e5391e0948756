/**
 * A real MinIO with an empty disk on 127.0.0.1. Redirected clients reach it as `localhost`, so that they drop their
 * Authorization header.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { freePort, type ServerProcess, startServerProcess } from "./server-process.ts";

export interface Minio extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `http://localhost:port` */
  readonly publicUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where it keeps its buckets. */
  readonly directory: string;
  readonly server: ServerProcess;
  readonly s3: S3Client;
  /** Kills it, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again at the same address; `emptied`: its data directory was deleted meanwhile. */
  restart(options?: { readonly emptied: boolean }): Promise<void>;
}

export interface MinioOptions {
  /** The program; `minio` of PATH unless told. */
  readonly path?: string;
  /** Its disk; a new temporary directory unless told. */
  readonly directory?: string;
  /** Buckets to make. */
  readonly buckets?: readonly string[];
  /** MinIO's own settings. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Its disk is removed when it is disposed of, unless it was told one. */
export async function startMinio(options: MinioOptions = {}): Promise<Minio> {
  const { path = "minio", buckets = [], env = {} } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "nearbucket-minio-")));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "minio-test-key", secretAccessKey: "minio-test-secret" };
  const start = async () =>
    startServerProcess({
      path,
      arguments: [
        "server",
        "--quiet",
        "--address",
        `127.0.0.1:${port}`,
        "--console-address",
        `127.0.0.1:${await freePort()}`,
        directory,
      ],
      env: {
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: "off",
        MINIO_UPDATE: "off",
        ...env,
      },
      readyUrl: `${url}/minio/health/ready`,
    });
  let server = await start();
  const s3 = new S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, credentials });
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  return {
    url,
    publicUrl: `http://localhost:${port}`,
    ...credentials,
    directory,
    get server() {
      return server;
    },
    s3,
    async kill() {
      await server.stop("SIGKILL");
    },
    async restart({ emptied } = { emptied: false }) {
      if (emptied) {
        await rm(directory, { recursive: true });
        await mkdir(directory);
      }
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      s3.destroy();
      await server.stop();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
