/**
 * The demo's stores: nodes in this process, or MinIO servers beside it. What was started is stopped again, also when a
 * later one fails.
 */
import { join } from "node:path";
import type { KeyPair } from "./credentials-file.ts";
import type { DemoStore, StoreKind } from "./demo-config.ts";
import { minioPlaces, nodePlaces } from "./demo-places.ts";
import { startMinio } from "./minio-server.ts";
import { nodeConfig } from "./node-config.ts";
import { startGateway } from "./run-gateway.ts";
import type { Terminal } from "./terminal.ts";

export interface DemoStores {
  readonly stores: readonly DemoStore[];
  close(): Promise<void>;
}

interface StoreOptions {
  readonly kind: StoreKind;
  readonly count: number;
  readonly directory: string;
  readonly rootKey: KeyPair;
}

export async function startStores(
  { kind, count, directory, rootKey }: StoreOptions,
  terminal: Terminal,
): Promise<DemoStores> {
  const places = (kind === "nodes" ? nodePlaces : minioPlaces).slice(0, count);
  const started = await Promise.allSettled(
    places.map(async (region) => {
      const own = join(directory, kind, region.name);
      const server =
        kind === "minio"
          ? await startMinio({ directory: own, rootKey, env: terminal.env })
          : await startNode(own, rootKey, region.name, terminal);
      return { region, port: server.port, server };
    }),
  );
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(running.map(({ server }) => server.close()));
  };
  const failed = started.find((one) => one.status === "rejected");
  if (failed === undefined) return { stores: running, close };
  await close();
  throw failed.reason;
}

async function startNode(directory: string, rootKey: KeyPair, region: string, terminal: Terminal) {
  return startGateway(
    await nodeConfig({ directory, host: "127.0.0.1", port: 0, rootKey, region, logLevel: "warn" }),
    terminal,
  );
}
