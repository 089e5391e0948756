/**
 * nearbucket inside another program: a whole gateway for integration tests, on its own port, until it is disposed of.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConfig, type GatewayConfigInput } from "./config/schema.ts";
import { openGateway } from "./gateway.ts";
import { openLog } from "./log.ts";

export interface StartGatewayOptions {
  /** How many backends it has; every object is on two of them, or on the only one. Default 2. */
  readonly backends?: number;
  /** `memory` (default), or `disk` below `directory`. */
  readonly storage?: "memory" | "disk";
  /** Where metadata and disk backends live; kept afterwards. Default: a temporary directory, removed on close. */
  readonly directory?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** What GetBucketLocation says. Any region is accepted in signatures. Default us-east-1. */
  readonly region?: string;
  /** `allowed`: ACLs may make buckets and objects public. Default `blocked`, as `nearbucket serve` has it. */
  readonly publicAccess?: "allowed" | "blocked";
  /** pino's level names; default silent. */
  readonly logLevel?: string;
}

export interface StartedGateway {
  /** For `endpoint` of any S3 client, with `forcePathStyle: true`. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `new S3Client(gateway.clientConfig)` */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly forcePathStyle: true;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a gateway in this process. Rejects when the options contradict each other or the port is taken.
 * Metadata is synced to disk only when `directory` is given, which keeps tests fast; disk backends always sync.
 */
export async function startGateway(options: StartGatewayOptions = {}): Promise<StartedGateway> {
  const {
    region = "us-east-1",
    accessKeyId = "nearbucket",
    secretAccessKey = randomBytes(20).toString("hex"),
  } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "nearbucket-")));
  const forget =
    options.directory === undefined ? () => rm(directory, { recursive: true, force: true }) : async () => {};
  try {
    const checked = checkConfig(embeddedConfig(options, directory, { accessKeyId, secretAccessKey }, region));
    if ("faults" in checked)
      throw new TypeError(checked.faults.map((fault) => `${fault.path}: ${fault.message}`).join("; "));
    const gateway = await openGateway(checked.config, { log: openLog(options.logLevel ?? "silent") });
    const close = async () => {
      await gateway.close(0);
      await forget();
    };
    const clientConfig = {
      endpoint: gateway.url,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    } as const;
    return {
      url: gateway.url,
      port: gateway.port,
      region,
      accessKeyId,
      secretAccessKey,
      clientConfig,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

function embeddedConfig(
  options: StartGatewayOptions,
  directory: string,
  rootKey: GatewayConfigInput["rootKey"],
  region: string,
): GatewayConfigInput {
  const count = options.backends ?? 2;
  const names = Array.from({ length: count }, (_, index) => `store-${index + 1}`);
  return {
    listen: { host: options.host ?? "127.0.0.1", port: options.port ?? 0 },
    region,
    dataDirectory: directory,
    metadata: { kind: "sqlite", file: join(directory, "metadata.sqlite"), durable: options.directory !== undefined },
    rootKey,
    encryptionKey: randomBytes(32).toString("hex"),
    regions: names.map((name, index) => ({ name, latitude: 0, longitude: index })),
    backends: names.map((name) =>
      options.storage === "disk"
        ? { kind: "disk", name, region: name, directory: join(directory, name) }
        : { kind: "memory", name, region: name },
    ),
    copies: Math.min(2, count),
    publicAccess: options.publicAccess ?? "blocked",
    log: { level: "silent" },
  };
}
