/**
 * What a comparison stands on: two fresh MinIOs for the direct side, and a gateway process over two buckets of the very
 * same servers.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { presign } from "../support/sign.ts";

/** An S3 endpoint with the bucket BUCKET, whoever serves it. */
export interface Side {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Stage extends AsyncDisposable {
  readonly minios: readonly [Minio, Minio];
  readonly gateway: GatewayProcess;
  readonly folder: string;
  /** `wrk`, if it is on PATH. */
  readonly wrk: string | undefined;
}

export const BUCKET = "bench-bucket";

export async function openStage(wrk: string | undefined): Promise<Stage> {
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
    const gateway = opened(await startGatewayProcess({ ...overMinios([first, second]), redirect: { minBytes: 0 } }));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return { minios: [first, second], gateway, folder, wrk, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A presigned path with query for it, good for an hour. */
export function target(side: Side, method: string, key: string, query: Readonly<Record<string, string>> = {}): string {
  return presign({ endpoint: side.url, ...side }, { method, path: `/${BUCKET}/${key}`, query, expiresIn: 3600 }).slice(
    side.url.length,
  );
}

export const REDIRECT = { "x-nearbucket-redirect": "always" } as const;
export const PROXY = { "x-nearbucket-redirect": "never" } as const;
