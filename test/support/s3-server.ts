/**
 * An S3 server program on 127.0.0.1 with a directory of its own, for tests that kill it and start it again. Redirected
 * clients reach it as `localhost`, so that they drop their Authorization header.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { freePort, type ServerProcess, type ServerProgram, startServerProcess } from "./server-process.ts";

export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `http://localhost:port` */
  readonly publicUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where it keeps everything. */
  readonly directory: string;
  /** Of the last start. */
  readonly server: ServerProcess;
  readonly s3: S3Client;
  /** Kills it, as a power cut does, and waits for the end of the process. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, at the same address; `emptied`: its directory was deleted meanwhile. */
  restart(options?: { readonly emptied: boolean }): Promise<void>;
}

export interface S3ServerOptions {
  /** What it is called in the name of its directory. */
  readonly name: string;
  /** A new temporary one unless told; that one is removed at the end. */
  readonly directory?: string | undefined;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly readyPath: string;
  /** Asked before each start. */
  program(port: number, directory: string): Promise<Omit<ServerProgram, "readyUrl">>;
}

export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { name, credentials, readyPath, program } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), `nearbucket-${name}-`)));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = async () => startServerProcess({ ...(await program(port, directory)), readyUrl: `${url}${readyPath}` });
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
