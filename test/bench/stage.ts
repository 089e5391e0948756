/**
 * The servers of a comparison: two fresh MinIOs for the direct side, a gateway process over two buckets on the same
 * MinIOs, and bare servers, which show what the framework costs on this machine.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { presign } from "../support/sign.ts";

/** An S3 endpoint with the bucket BUCKET, whoever serves it. */
export interface Side {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly server: ServerProcess;
}

/** What bare-server.ts serves. */
export interface BareServer {
  readonly url: string;
  readonly server: ServerProcess;
}

export interface Stage extends AsyncDisposable {
  readonly minios: readonly [Minio, Minio];
  readonly gateway: GatewayProcess;
  readonly koa: BareServer;
  readonly pipe: BareServer;
  readonly folder: string;
  /** `wrk`, if it is on PATH. */
  readonly wrk: string | undefined;
}

export const BUCKET = "bench-bucket";

const BARE_SERVER = fileURLToPath(new URL("bare-server.ts", import.meta.url));

export async function openStage(
  wrk: string | undefined,
  config: Partial<GatewayConfigInput> | undefined,
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "nearbucket-bench-"));
  const open: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  const opened = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };
  try {
    const first = opened(await startMinio({ buckets: ["blobs", BUCKET] }));
    const second = opened(await startMinio({ buckets: ["blobs", BUCKET] }));
    const gateway = opened(
      await startGatewayProcess({ ...overMinios([first, second]), redirect: { minBytes: 0 }, ...config }),
    );
    await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const bare = async (...words: readonly string[]): Promise<BareServer> => {
      const one = await startBareServer(words);
      opened(one.server);
      return one;
    };
    const koa = await bare("koa");
    const origin = await bare("origin");
    const pipe = await bare("pipe", new URL(origin.url).port);
    return { minios: [first, second], gateway, koa, pipe, folder, wrk, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startBareServer([role = "", ...words]: readonly string[]): Promise<BareServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    path: process.execPath,
    arguments: ["--import", "tsx", BARE_SERVER, role, `${port}`, ...words],
    readyUrl: url,
  });
  return { url, server };
}

/** A presigned path with query for it, good for an hour. */
export function target(side: Side, method: string, key: string, query: Readonly<Record<string, string>> = {}): string {
  return presign({ endpoint: side.url, ...side }, { method, path: `/${BUCKET}/${key}`, query, expiresIn: 3600 }).slice(
    side.url.length,
  );
}

export const REDIRECT = { "x-nearbucket-redirect": "always" } as const;
export const PROXY = { "x-nearbucket-redirect": "never" } as const;
