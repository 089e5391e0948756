/**
 * The demo's data directory and the configuration of its gateway. A directory keeps one kind of backend for ever: a
 * gateway over MinIOs cannot read blobs on nodes.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GatewayConfig, GatewayConfigInput } from "../config/schema.ts";
import type { Setting } from "../config/settings.ts";
import { type KeyPair, randomKey } from "../random-key.ts";
import { curlConfigText, readCredentials, writeCredentials, writePrivate } from "./credentials-file.ts";
import type { StoreKeys } from "./demo-keys.ts";
import { checked, keptEncryptionKeys } from "./node-config.ts";
import type { Terminal } from "./terminal.ts";

export type StoreKind = "nodes" | "minio";

/** A running backend: its region and its port. */
export interface DemoStore {
  readonly region: GatewayConfigInput["regions"][number];
  readonly port: number;
}

export interface DemoConfigOptions {
  readonly directory: string;
  readonly port: number;
  readonly rootKey: KeyPair;
  readonly kind: StoreKind;
  readonly stores: readonly DemoStore[];
  readonly settings: readonly Setting[];
  readonly keys: StoreKeys;
}

/** The bucket on each backend. */
export const BLOBS_BUCKET = "blobs";

export function credentialsFile(directory: string): string {
  return join(directory, "credentials");
}

/** The root key as a curl configuration: on a command line others could see it. */
export function curlConfigFile(directory: string): string {
  return join(directory, "curl.conf");
}

/** Where the demo's gateway listens, or last listened: for commands beside it. */
export function addressFile(directory: string): string {
  return join(directory, "gateway.url");
}

/**
 * Clients reach the gateway as 127.0.0.1 and its backends as `localhost`, so that they drop their Authorization header
 * on a redirect.
 */
export async function demoConfig({
  directory,
  port,
  rootKey,
  kind,
  stores,
  settings,
  keys,
}: DemoConfigOptions): Promise<GatewayConfig> {
  const reached = {
    bucket: BLOBS_BUCKET,
    ...keys.gateway,
    createBucket: keys.redirect === undefined,
    redirectAccessKeyId: keys.redirect?.accessKeyId,
    redirectSecretAccessKey: keys.redirect?.secretAccessKey,
  };
  const base = await demoBase(directory, rootKey);
  const input: GatewayConfigInput = {
    ...base,
    listen: { port },
    regions: stores.map(({ region }) => region),
    backends: stores.map(({ region, port: at }) => {
      const store = {
        ...reached,
        name: region.name,
        region: region.name,
        endpoint: `http://127.0.0.1:${at}`,
        publicEndpoint: `http://localhost:${at}`,
      };
      return kind === "nodes" ? { kind: "node", ...store } : { kind: "s3", ...store, replayedHeaders: "tolerate" };
    }),
  };
  return checked(input, settings);
}

/** Enough of the same configuration to open the demo's database. Throws when `directory` holds no demo. */
export async function demoDatabaseConfig(directory: string): Promise<GatewayConfig> {
  const rootKey = await readCredentials(credentialsFile(directory));
  if (rootKey === undefined || !existsSync(databaseFile(directory)))
    throw new Error(`${directory} holds no demo: start one with nearbucket demo --data ${directory}`);
  const regions = ["one", "two"].map((name) => ({ name, latitude: 0, longitude: 0 }));
  return checked({
    ...(await demoBase(directory, rootKey)),
    listen: await keptAddress(directory),
    regions,
    backends: regions.map(({ name }) => ({ kind: "memory", name, region: name })),
  });
}

/** Port 0 when no gateway ever listened, or an earlier version made the directory. */
async function keptAddress(directory: string): Promise<{ readonly port: number }> {
  const file = addressFile(directory);
  const port = existsSync(file) ? /:(\d+)\s*$/.exec(await readFile(file, "utf8"))?.[1] : undefined;
  return { port: Number(port ?? 0) };
}

async function demoBase(directory: string, rootKey: KeyPair) {
  const file = databaseFile(directory);
  return {
    dataDirectory: directory,
    metadata: { kind: "sqlite", file },
    rootKey,
    ...(await keptEncryptionKeys(directory, file)),
    log: { level: "warn" },
  } as const satisfies Partial<GatewayConfigInput>;
}

/**
 * The key in the two variables when they are set, else the key of the first start. Writes it to the credentials file
 * and to curl's.
 */
export async function ensureRootKey(
  directory: string,
  { NEARBUCKET_ROOT_ACCESS_KEY: id, NEARBUCKET_ROOT_SECRET_KEY: secret }: Terminal["env"],
): Promise<KeyPair> {
  if ((id === undefined) !== (secret === undefined))
    throw new Error("set NEARBUCKET_ROOT_ACCESS_KEY and NEARBUCKET_ROOT_SECRET_KEY together, or neither");
  const file = credentialsFile(directory);
  const kept = await readCredentials(file);
  const key =
    id !== undefined && secret !== undefined ? { accessKeyId: id, secretAccessKey: secret } : (kept ?? randomKey());
  if (kept?.accessKeyId !== key.accessKeyId || kept.secretAccessKey !== key.secretAccessKey)
    await writeCredentials(file, key);
  await writePrivate(curlConfigFile(directory), curlConfigText(key));
  return key;
}

/** `nearbucket-data`; where that belongs to the other kind, a directory beside it whose name ends in this kind. */
export async function defaultDirectory(parent: string, kind: StoreKind): Promise<string> {
  const directory = join(parent, "nearbucket-data");
  const held = await readKind(directory);
  return held === undefined || held === kind ? directory : `${directory}-${kind}`;
}

/** Records the directory's kind. Throws when it has the other kind. */
export async function ensureKind(directory: string, kind: StoreKind): Promise<void> {
  const held = await readKind(directory);
  if (held === undefined) await writeFile(kindFile(directory), `${kind}\n`);
  else if (held !== kind)
    throw new Error(`${directory} holds a demo over ${held}: give another --data for one over ${kind}`);
}

async function readKind(directory: string): Promise<string | undefined> {
  const file = kindFile(directory);
  return existsSync(file) ? (await readFile(file, "utf8")).trim() : undefined;
}

function kindFile(directory: string): string {
  return join(directory, "stores.txt");
}

function databaseFile(directory: string): string {
  return join(directory, "metadata.sqlite");
}
