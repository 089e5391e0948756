// The database of a gateway moves from SQLite to PostgreSQL and back, and the gateway serves what it served.
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { checkConfig, type GatewayConfig, type GatewayConfigInput } from "../../src/config/schema.ts";
import { openGateway } from "../../src/gateway.ts";
import { openLog } from "../../src/log.ts";
import { migrateDatabase } from "../../src/migration.ts";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { signedFetch } from "../support/sign.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 60_000 });
const KEY = { accessKeyId: "AKIATESTROOT", secretAccessKey: "test-root-secret-0123456789" };

function configure(directory: string, metadata: GatewayConfigInput["metadata"]): GatewayConfig {
  const checked = checkConfig({
    listen: { port: 0 },
    dataDirectory: directory,
    metadata,
    rootKey: KEY,
    encryptionKey: "a key for tests, sixteen and more",
    regions: ["a", "b"].map((name, index) => ({ name, latitude: 0, longitude: index })),
    backends: ["a", "b"].map((name) => ({ kind: "disk", name, region: name, directory: join(directory, name) })),
    journal: { mode: "interval", seconds: 0.05 },
  });
  if ("faults" in checked) throw new TypeError(JSON.stringify(checked.faults));
  return checked.config;
}

type Ask = (method: string, path: string, body?: string) => Promise<{ status: number; body: Buffer }>;

async function serving(config: GatewayConfig, work: (ask: Ask) => Promise<void>): Promise<void> {
  await using gateway = await openGateway(config, { log: openLog("silent") });
  const send = signedFetch({ endpoint: gateway.url, ...KEY });
  await work((method, path, body) => send({ method, path, ...(body !== undefined && { body }) }));
}

describe.skipIf(!postgresUrl)("the database of a gateway", () => {
  it("moves to the other engine and back, and each goes on where the other ended", async () => {
    const directory = await temporaryDirectory();
    const postgres = await makePostgres(postgresUrl ?? "");
    const sqlite = (name: string) =>
      configure(directory, { kind: "sqlite", file: join(directory, name), durable: false });
    const first = sqlite("first.sqlite");
    const second = configure(directory, postgres.engine);
    const third = sqlite("third.sqlite");
    await serving(first, async (ask) => {
      await ask("PUT", "/bucket");
      expect((await ask("PUT", "/bucket/one", "one")).status).toBe(200);
    });
    const moved = await migrateDatabase(first, second);
    expect(moved.counts).toMatchObject({ buckets: 1, objects: 1, blobs: 1, replicas: 2 });
    await expect(migrateDatabase(first, second)).rejects.toThrow("the database is not empty");
    await serving(second, async (ask) => {
      expect(String((await ask("GET", "/bucket/one")).body)).toBe("one");
      expect((await ask("PUT", "/bucket/two", "two")).status).toBe(200);
      expect((await ask("DELETE", "/bucket/one")).status).toBe(204);
    });
    expect((await migrateDatabase(second, third)).counts).toMatchObject({ objects: 1 });
    await serving(third, async (ask) => {
      expect((await ask("GET", "/bucket/one")).status).toBe(404);
      expect(String((await ask("GET", "/bucket/two")).body)).toBe("two");
      expect((await ask("PUT", "/bucket/three", "two")).status).toBe(200);
    });
    await postgres.remove();
  });
});
