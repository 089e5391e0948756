// The database of a gateway moves from SQLite to PostgreSQL and back, and the gateway serves what it served.
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { GatewayConfig } from "../../src/config/schema.ts";
import type { Gateway } from "../../src/gateway.ts";
import type { JournalHead } from "../../src/metadata/journal.ts";
import { migrateDatabase } from "../../src/migration.ts";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { ask, configure, start } from "../support/journal-gateways.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Gives the journal that it had. */
async function serving(
  config: GatewayConfig,
  work: (gateway: Gateway) => Promise<void>,
): Promise<JournalHead | undefined> {
  await using gateway = await start(config);
  await work(gateway);
  return gateway.metadata.journal.head();
}

describe.skipIf(!postgresUrl)("the database of a gateway", () => {
  it("moves to the other engine and back, and each goes on where the other ended", async () => {
    const directory = await temporaryDirectory();
    const postgres = await makePostgres(postgresUrl ?? "");
    const backends = ["a", "b"].map(
      (name) => ({ kind: "disk", name, region: name, directory: join(directory, name) }) as const,
    );
    const sqlite = (name: string) => ({ kind: "sqlite", file: join(directory, name), durable: false }) as const;
    const first = await configure({ backends, metadata: sqlite("first.sqlite") });
    const second = await configure({ backends, metadata: postgres.engine });
    const third = await configure({ backends, metadata: sqlite("third.sqlite") });
    const before = await serving(first, async (gateway) => {
      await ask(gateway, "PUT", "/bucket");
      expect((await ask(gateway, "PUT", "/bucket/one", "one")).status).toBe(200);
    });
    const moved = await migrateDatabase(first, second);
    expect(moved.counts).toMatchObject({ buckets: 1, objects: 1, blobs: 1, replicas: 2 });
    await expect(migrateDatabase(first, second)).rejects.toThrow("the database is not empty");
    const after = await serving(second, async (gateway) => {
      expect(String((await ask(gateway, "GET", "/bucket/one")).body)).toBe("one");
      expect((await ask(gateway, "PUT", "/bucket/two", "two")).status).toBe(200);
      expect((await ask(gateway, "DELETE", "/bucket/one")).status).toBe(204);
    });
    // Otherwise nobody would ever delete the files of the former.
    expect(after?.continues).toBe(before?.journal);
    // One whose journal was ended by then is continued as well.
    await serving({ ...second, journal: { ...second.journal, mode: "off" } }, async () => undefined);
    expect((await migrateDatabase(second, third)).counts).toMatchObject({ objects: 1 });
    const last = await serving(third, async (gateway) => {
      expect((await ask(gateway, "GET", "/bucket/one")).status).toBe(404);
      expect(String((await ask(gateway, "GET", "/bucket/two")).body)).toBe("two");
      expect((await ask(gateway, "PUT", "/bucket/three", "two")).status).toBe(200);
    });
    expect(last?.continues).toBe(after?.journal);
    await postgres.remove();
  });
});
