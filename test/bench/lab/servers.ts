/**
 * The servers of the lab, each in the namespace of its region behind a relay: a node everywhere, in the first region a
 * gateway as well. This process must run in the hub, from where they are reached without delay.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GatewayConfigInput } from "../../../src/config/schema.ts";
import { MAIN } from "../../support/gateway-process.ts";
import { type ServerProcess, startServerProcess } from "../../support/server-process.ts";
import { type SignerOptions, signedFetch } from "../../support/sign.ts";
import { clientMap, GATEWAY_PORT, NODE_PORT, PLAIN_PORT, serverAddress } from "./addresses.ts";
import { inside, namespaceOf } from "./namespaces.ts";
import { type LabRegion, regions } from "./regions.ts";

const KEY = { accessKeyId: "AKIALABROOT", secretAccessKey: "lab-root-secret-0123456789" };
export const BUCKET = "lab";
const FIRST = regions[0] as LabRegion;

export const gateway: SignerOptions = { endpoint: `http://${serverAddress(FIRST)}:${GATEWAY_PORT}`, ...KEY };
export const plainUrl = `http://${serverAddress(FIRST)}:${PLAIN_PORT}`;

export function nodeHost(region: LabRegion): string {
  return `${serverAddress(region)}:${NODE_PORT}`;
}

export interface Place {
  readonly prefix: string;
  /** For all data. */
  readonly directory: string;
}

/** The arguments of `ip` that run a script in a namespace. */
export function script(namespace: string, file: URL, words: readonly string[] = []): readonly string[] {
  return inside(namespace, [process.execPath, "--import", "tsx", fileURLToPath(file), ...words]);
}

/** Relays, nodes, and the plain server. */
export async function startNodes({ prefix, directory }: Place): Promise<AsyncDisposable> {
  const first = namespaceOf(prefix, FIRST, "servers");
  const starting = regions.flatMap((region) => {
    const namespace = namespaceOf(prefix, region, "servers");
    const ports = region === FIRST ? [NODE_PORT, GATEWAY_PORT, PLAIN_PORT] : [NODE_PORT];
    const relay = script(namespace, new URL("relay-process.ts", import.meta.url), [region.name, ...ports.map(String)]);
    const data = join(directory, region.name);
    const node = inside(namespace, [process.execPath, MAIN, "node", "--data", data, "--port", `${NODE_PORT}`]);
    const readyUrl = `http://${nodeHost(region)}/-/ready`;
    const env = {
      NEARBUCKET_ROOT_ACCESS_KEY: KEY.accessKeyId,
      NEARBUCKET_ROOT_SECRET_KEY: KEY.secretAccessKey,
    };
    return [
      { path: "ip", arguments: relay, readyUrl },
      { path: "ip", arguments: [...node, "--log-level", "warn"], env, readyUrl },
    ];
  });
  const plain = {
    path: "ip",
    arguments: script(first, new URL("plain-server.ts", import.meta.url), [`${PLAIN_PORT}`]),
    readyUrl: `${plainUrl}/1`,
  };
  const started = await Promise.allSettled([...starting, plain].map(startServerProcess));
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(running.map((server) => server.stop()));
  };
  const failed = started.find((one) => one.status === "rejected");
  if (failed === undefined) return { [Symbol.asyncDispose]: close };
  await close();
  throw failed.reason;
}

/** `copiesIn`: new copies go to these regions; undefined: anywhere. */
export async function startGateway(
  { prefix, directory }: Place,
  copiesIn?: readonly LabRegion[],
): Promise<ServerProcess> {
  const file = join(directory, "gateway.yaml");
  const dataDirectory = join(directory, "gateway");
  await mkdir(dataDirectory, { recursive: true });
  const config: Omit<GatewayConfigInput, "encryptionKey"> = {
    listen: { port: GATEWAY_PORT },
    dataDirectory,
    metadata: { kind: "sqlite", file: join(dataDirectory, "metadata.sqlite") },
    rootKey: KEY,
    regions: regions.map(({ name, latitude, longitude }) => ({ name, latitude, longitude })),
    backends: regions.map((region) => ({
      kind: "node",
      name: region.name,
      region: region.name,
      endpoint: `http://${nodeHost(region)}`,
      publicEndpoint: `http://${nodeHost(region)}`,
      bucket: "blobs",
      ...KEY,
      capacity: copiesIn === undefined || copiesIn.includes(region) ? 1 : 1e-9,
    })),
    copies: 2,
    clientMap,
    redirect: { minBytes: 0 },
    // A proxied read shall come from a node each time.
    cache: { bytes: 0 },
    log: { level: "warn" },
  };
  await writeFile(file, JSON.stringify(config));
  return startServerProcess({
    path: "ip",
    arguments: inside(namespaceOf(prefix, FIRST, "servers"), [process.execPath, MAIN, "serve", "--config", file]),
    readyUrl: `${gateway.endpoint}/-/ready`,
  });
}

/** Throws what the gateway answered when it is not 200. */
export async function write(path: string, body: Buffer = Buffer.alloc(0)): Promise<void> {
  const answer = await signedFetch(gateway)({ method: "PUT", path, body });
  if (answer.status !== 200) throw new Error(`PUT ${path}: ${answer.status} ${answer.text}`);
}
