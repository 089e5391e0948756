/** Gateways with a journal, on data directories that may be lost and backends that stay. */
import { join } from "node:path";
import { expect, vi } from "vitest";
import { checkConfig, type GatewayConfig, type GatewayConfigInput } from "../../src/config/schema.ts";
import { type Gateway, openGateway } from "../../src/gateway.ts";
import { openLog } from "../../src/log.ts";
import type { FaultyS3 } from "./faulty-s3.ts";
import { signedFetch } from "./sign.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const WITHIN = { timeout: 30_000, interval: 20 };
const KEY = { accessKeyId: "AKIATESTROOT", secretAccessKey: "test-root-secret-0123456789" };
const REGIONS = ["a", "b"].map((name, index) => ({ name, latitude: 0, longitude: index }));
export const EVERY_WAY = { from: [], dryRun: false, onProgress: () => undefined };
export const DAY_MS = 86_400_000;

/** A data directory that may be lost, and backends that stay. Disks by default. */
export async function configure(change: Partial<GatewayConfigInput> = {}): Promise<GatewayConfig> {
  const directory = await temporaryDirectory();
  const checked = checkConfig({
    listen: { port: 0 },
    dataDirectory: directory,
    metadata: { kind: "sqlite", file: join(directory, "metadata.sqlite"), durable: false },
    rootKey: KEY,
    encryptionKey: "a key for tests, sixteen and more",
    regions: REGIONS,
    backends: REGIONS.map(({ name }) => ({ kind: "disk", name, region: name, directory: join(directory, name) })),
    journal: { mode: "interval", seconds: 0.05 },
    ...change,
  });
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  return checked.config;
}

export function fileOf({ metadata }: GatewayConfig): string {
  if (metadata.kind !== "sqlite") throw new Error("not a file");
  return metadata.file;
}

export function start(config: GatewayConfig, now?: () => Date): Promise<Gateway> {
  return openGateway(config, { log: openLog("silent"), ...(now && { now }) });
}

export async function ask({ url }: Gateway, method: string, path: string, body?: string) {
  return signedFetch({ endpoint: url, ...KEY })({ method, path, ...(body !== undefined && { body }) });
}

export async function journalOf({ url }: Gateway): Promise<Record<string, unknown>> {
  const document: { journal: Record<string, unknown> } = JSON.parse(await (await fetch(`${url}/-/status`)).text());
  return document.journal;
}

/** Both backends have a snapshot, and every change. */
export async function isWhole(gateway: Gateway): Promise<void> {
  await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject({ complete: ["a", "b"] }), WITHIN);
  await vi.waitFor(async () => expect(await gateway.metadata.journal.waiting()).toBe(0), WITHIN);
}

export async function overFaulty(mode: "ack" | "interval", stores: readonly FaultyS3[]): Promise<GatewayConfig> {
  const address = { bucket: "blobs", accessKeyId: "AK", secretAccessKey: "SK" };
  return configure({
    backends: stores.map(({ endpoint }, index) => {
      const { name = "" } = REGIONS[index] ?? {};
      return { kind: "s3", name, region: name, endpoint, ...address };
    }),
    journal: { mode, seconds: 0.05 },
  });
}

export const SEGMENTS = { method: "PUT", key: /^journal\/.*segments/ } as const;
export const FAULT = { do: "status", status: 500, code: "InternalError" } as const;

export async function blobsOn({ fleet }: Gateway): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { backend } of fleet.members()) {
    found[backend.name] = [];
    for await (const { key } of backend.list("blobs/")) found[backend.name]?.push(key);
  }
  return found;
}
