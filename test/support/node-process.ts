/** `nearbucket node` in its own process, with an empty disk, as a backend of a gateway. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { MAIN } from "./gateway-process.ts";
import { freePort, type ServerProcess, startServerProcess } from "./server-process.ts";

export interface NodeProcess extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `http://localhost:port`: redirected clients reach it as `localhost`, and drop their Authorization header. */
  readonly publicUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where it keeps everything: its database, and its disk in `disk`. */
  readonly directory: string;
  /** Of the last start. */
  readonly server: ServerProcess;
  readonly s3: S3Client;
  /** Sends SIGKILL and waits for the end of the process. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, at the same address. */
  restart(): Promise<void>;
}

export async function startNodeProcess(): Promise<NodeProcess> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-node-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "AKIANODEROOT", secretAccessKey: "node-root-secret-0123456789" };
  const start = () =>
    startServerProcess({
      path: process.execPath,
      arguments: [MAIN, "node", "--data", directory, "--port", String(port), "--log-level", "warn"],
      env: {
        NEARBUCKET_ROOT_ACCESS_KEY: credentials.accessKeyId,
        NEARBUCKET_ROOT_SECRET_KEY: credentials.secretAccessKey,
      },
      readyUrl: `${url}/-/ready`,
    });
  let server = await start();
  const s3 = new S3Client({
    endpoint: url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { ...credentials },
  });
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
    async restart() {
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      s3.destroy();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
