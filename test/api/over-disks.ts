/** A gateway over disks in this process, whose stores a test can take away, and a client of its API. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, vi } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import type { Log } from "../../src/log.ts";
import { type ApiClient, apiClient } from "../support/api.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const WITHIN = { timeout: 15_000, interval: 20 };
const BUCKET = "bucket";

export interface OverDisks extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly call: ApiClient;
  /** Of a disk. */
  at(name: string): string;
  /** Puts an object into the one bucket. */
  store(key: string, body: string): Promise<void>;
  /** An empty directory stands in the disk's place. */
  lose(name: string): Promise<void>;
  /** Waits until GET /backends says so of a backend. */
  until(name: string, expected: object): Promise<void>;
}

/** Each disk is in a region of its own name; `more` regions have no disk yet. */
export async function startOverDisks(
  names: readonly string[],
  more: readonly string[] = [],
  config: Partial<GatewayConfigInput> = {},
  log?: Log,
): Promise<OverDisks> {
  const root = await temporaryDirectory();
  const at = (name: string) => join(root, name);
  const gateway = await startTestGateway({
    ...(log !== undefined && { log }),
    backends: names.map((name) => ({ kind: "disk", name, region: name, directory: at(name) })),
    config: {
      regions: [...names, ...more].map((name, index) => ({ name, latitude: 0, longitude: index * 10 })),
      ...config,
    },
  });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const call = apiClient(gateway);
  return {
    gateway,
    call,
    at,
    async store(key, body) {
      await gateway.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    },
    async lose(name) {
      await rename(at(name), at(`${name}-away`));
      await mkdir(at(name));
    },
    async until(name, expected) {
      await vi.waitFor(async () => {
        const { document } = await call("GET", "/backends");
        expect(document.items.find((one: { name: string }) => one.name === name)).toMatchObject(expected);
      }, WITHIN);
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A directory that holds what no gateway has put there. */
export async function makeForeign(directory: string): Promise<void> {
  await mkdir(join(directory, "data", "blobs"), { recursive: true });
  await writeFile(join(directory, "data", "blobs", "somebody"), "else");
}
