/**
 * A gateway on disks whose bucket `photos` takes over the bucket `old` of another service (a gateway too, behind a
 * proxy that can hold, refuse and spoil), and the command line beside it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import type { OldBucket } from "../../src/model.ts";
import { runCommand } from "../cli/terminal.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type S3Proxy, startS3Proxy } from "./s3-proxy.ts";

export interface TakeoverScene extends AsyncDisposable {
  readonly old: TestGateway;
  readonly proxy: S3Proxy;
  readonly gateway: TestGateway;
  readonly s3: S3Client;
  /** Into the old bucket. */
  store(key: string, body: Buffer | string, more?: object): Promise<void>;
  read(key: string, more?: object): Promise<string>;
  /** Is the object the gateway's own by now? */
  isHere(key: string): Promise<boolean>;
  /** What the gateway asks the old service from now on. */
  takeOver(from?: OldBucket): Promise<void>;
  /** `nearbucket import old/old --to photos WORDS`: its document, exit code and standard error. */
  import(...words: readonly string[]): Promise<Record<string, unknown>>;
}

/** Opens one before each test of a file, and closes it behind it. */
export function forEachTakeover(): () => TakeoverScene {
  let opened: TakeoverScene | undefined;
  beforeEach(async () => {
    opened = await openTakeoverScene();
  });
  afterEach(() => opened?.[Symbol.asyncDispose]());
  return () => {
    if (opened === undefined) throw new TypeError("no test runs");
    return opened;
  };
}

const OLD: OldBucket = { service: "old", bucket: "old" };

export async function openTakeoverScene(config: Partial<GatewayConfigInput> = {}): Promise<TakeoverScene> {
  const old = await startTestGateway({ backends: 1, config: { copies: 1 } });
  await old.s3.send(new CreateBucketCommand({ Bucket: "old" }));
  const proxy = await startS3Proxy(old.url);
  const { accessKeyId, secretAccessKey } = old;
  const sources = [{ name: "old", endpoint: proxy.url, accessKeyId, secretAccessKey }];
  const directory = old.directory;
  const backends = ["a", "b"].map(
    (name) => ({ kind: "disk", name, region: name, directory: join(directory, `disk-${name}`) }) as const,
  );
  const gateway = await startTestGateway({ backends, config: { sources, ...config } });
  await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  const configFile = join(old.directory, "nearbucket.yaml");
  const input = {
    ...{ dataDirectory: gateway.directory, backends, sources, copies: 2, journal: { mode: "off" } },
    rootKey: { accessKeyId, secretAccessKey },
    encryptionKey: "a key for tests, sixteen and more",
    metadata: { kind: "sqlite", file: join(gateway.directory, "metadata.sqlite"), durable: false },
    regions: backends.map(({ name }, index) => ({ name, latitude: 0, longitude: index * 10 })),
    ...config,
  };
  await writeFile(configFile, JSON.stringify(input));
  const { buckets } = gateway.gateway.metadata;
  return {
    ...{ old, proxy, gateway, s3: gateway.s3 },
    async store(Key, Body, more = {}) {
      await old.s3.send(new PutObjectCommand({ Bucket: "old", Key, Body, ...more }));
    },
    async read(Key, more = {}) {
      const { Body } = await gateway.s3.send(new GetObjectCommand({ Bucket: "photos", Key, ...more }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []).toString("latin1");
    },
    async isHere(key) {
      return (await gateway.gateway.metadata.objects.find("photos", key)).found !== undefined;
    },
    async takeOver(takesOver = OLD) {
      const bucket = await buckets.find("photos");
      await buckets.updateSettings(bucket?.id ?? 0, (settings) => ({ ...settings, takesOver }));
    },
    async import(...words) {
      const all = ["import", "old/old", "--to", "photos", "--json", "--config", configFile, ...words];
      const { code, out, err } = await runCommand(all);
      return { code, err, ...(out.startsWith("{") ? JSON.parse(out) : { out }) };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await old[Symbol.asyncDispose]();
    },
  };
}
