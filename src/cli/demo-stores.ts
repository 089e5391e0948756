/**
 * The demo's backends: nodes in this process, or MinIO servers beside it. When one does not start, the others are
 * stopped.
 */
import { join } from "node:path";
import { openLog } from "../log.ts";
import { BLOBS_BUCKET, type DemoStore, type StoreKind } from "./demo-config.ts";
import { ensureStoreKeys, type StoreKeys } from "./demo-keys.ts";
import { minioPlaces, nodePlaces } from "./demo-places.ts";
import { type MinioServer, startMinio } from "./minio-server.ts";
import { hasMinioClient, makeMinioUsers } from "./minio-users.ts";
import { nodeConfig } from "./node-config.ts";
import { startGateway } from "./run-gateway.ts";
import type { Terminal } from "./terminal.ts";

export interface DemoStores {
  readonly stores: readonly DemoStore[];
  readonly keys: StoreKeys;
  close(): Promise<void>;
}

interface StoreOptions {
  readonly kind: StoreKind;
  readonly count: number;
  /** The demo's. */
  readonly directory: string;
}

export async function startStores({ kind, count, directory }: StoreOptions, terminal: Terminal): Promise<DemoStores> {
  const places = (kind === "nodes" ? nodePlaces : minioPlaces).slice(0, count);
  const withUsers = kind === "minio" && (await hasMinioClient(terminal.env));
  const keys = await ensureStoreKeys(join(directory, kind), withUsers);
  const started = await Promise.allSettled(
    places.map(async (region) => {
      const own = join(directory, kind, region.name);
      const server =
        kind === "minio"
          ? await startMinioStore(own, keys, terminal)
          : await startNode(own, keys.root, region.name, terminal);
      return { region, port: server.port, server };
    }),
  );
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(running.map(({ server }) => server.close()));
  };
  const failed = started.find((one) => one.status === "rejected");
  if (failed === undefined) {
    if (kind === "minio" && !withUsers)
      terminal.complain(
        "nearbucket: there is no mc of MinIO on PATH: redirects are signed by a key that may also write",
      );
    return { stores: running, keys, close };
  }
  await close();
  throw failed.reason;
}

async function startMinioStore(directory: string, keys: StoreKeys, { env }: Terminal): Promise<MinioServer> {
  const { root: rootKey, gateway: gatewayKey, redirect: redirectKey } = keys;
  const server = await startMinio({ directory, rootKey, env });
  if (redirectKey === undefined) return server;
  try {
    await makeMinioUsers({ port: server.port, bucket: BLOBS_BUCKET, directory, rootKey, gatewayKey, redirectKey, env });
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function startNode(directory: string, rootKey: StoreKeys["root"], region: string, terminal: Terminal) {
  const config = await nodeConfig({ directory, host: "127.0.0.1", port: 0, rootKey, region, logLevel: "warn" });
  // The only changes on it are those that the demo itself makes.
  return startGateway(config, terminal, { audit: openLog("silent") });
}
