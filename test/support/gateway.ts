/**
 * A whole gateway for a test: real server, real SQLite in a temporary directory, memory backends by default, and a
 * clock that the test can move. `await using` closes it and removes its files.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { openAdministration } from "../../src/administration.ts";
import { checkConfig, type GatewayConfigInput } from "../../src/config/schema.ts";
import { type Gateway, openGateway } from "../../src/gateway.ts";
import { type Log, openLog } from "../../src/log.ts";
import type { NewKey } from "../../src/metadata/accounts.ts";
import { type SignedFetch, signedFetch } from "./sign.ts";

export interface TestGatewayOptions {
  /** A number of memory stores in as many regions, or the stores themselves. Default 3. */
  readonly backends?: number | GatewayConfigInput["backends"];
  /** Anything of the configuration, over the test's defaults. */
  readonly config?: Partial<GatewayConfigInput>;
  /** Default: silent. */
  readonly log?: Log;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly directory: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly s3: S3Client;
  /** Signed by hand with the root key: what no SDK would send. */
  readonly fetch: SignedFetch;
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly forcePathStyle: true;
    readonly credentials: Credentials;
  };
  readonly clock: { advance(ms: number): void };
  /** A second account with a key of its own, and a client that uses it. */
  addAccount(
    name: string,
    key?: Partial<Pick<NewKey, "accessKeyId" | "scope" | "expiresAt">>,
  ): Promise<Credentials & { readonly s3: S3Client }>;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const TEST_KEY = { accessKeyId: "AKIATESTROOT", secretAccessKey: "test-root-secret-0123456789" } as const;

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-test-"));
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  const config = testConfig(directory, options);
  const gateway = await openGateway(config, { log: options.log ?? openLog("silent"), now });
  // The SDK writes into the credentials it is given.
  const configOf = (credentials: Credentials) =>
    ({ endpoint: gateway.url, region: "us-east-1", forcePathStyle: true, credentials: { ...credentials } }) as const;
  const clients: S3Client[] = [];
  const clientOf = (credentials: Credentials) => {
    const client = new S3Client({ ...configOf(credentials), maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  return {
    url: gateway.url,
    port: gateway.port,
    gateway,
    directory,
    ...TEST_KEY,
    s3: clientOf(TEST_KEY),
    fetch: signedFetch({ endpoint: gateway.url, ...TEST_KEY, now }),
    clientConfig: configOf(TEST_KEY),
    clock: {
      advance(ms) {
        offset += ms;
      },
    },
    async addAccount(name, key = {}) {
      const credentials = {
        accessKeyId: key.accessKeyId ?? `AKIA${name.toUpperCase()}`,
        secretAccessKey: `secret-of-${name}-0123456789`,
      };
      const administration = await openAdministration(config);
      const account = await administration.metadata.accounts.ensure(name);
      await administration.metadata.accounts.createKey({
        accessKeyId: credentials.accessKeyId,
        accountId: account.id,
        ...administration.box.seal(credentials.secretAccessKey, credentials.accessKeyId),
        redirect: undefined,
        scope: {},
        expiresAt: undefined,
        ...key,
      });
      await administration.close();
      return { ...credentials, s3: clientOf(credentials) };
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await gateway.close(0);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function testConfig(directory: string, options: TestGatewayOptions) {
  const backends = typeof options.backends === "object" ? options.backends : memoryBackends(options.backends ?? 3);
  const regions = [...new Set(backends.map(({ region }) => region))].map((name, index) => ({
    name,
    latitude: 0,
    longitude: index * 10,
  }));
  const checked = checkConfig({
    listen: { port: 0 },
    dataDirectory: directory,
    metadata: { kind: "sqlite", file: join(directory, "metadata.sqlite"), durable: false },
    rootKey: TEST_KEY,
    encryptionKey: "a key for tests, sixteen and more",
    regions,
    backends,
    copies: Math.min(2, backends.length),
    log: { level: "silent" },
    // It writes to the stores by itself: tests about it say so.
    journal: { mode: "off" },
    ...options.config,
  } satisfies GatewayConfigInput);
  if ("faults" in checked)
    throw new TypeError(checked.faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
  return checked.config;
}

function memoryBackends(count: number): GatewayConfigInput["backends"] {
  return Array.from(
    { length: count },
    (_, index) => ({ kind: "memory", name: `store-${index + 1}`, region: `region-${index + 1}` }) as const,
  );
}
