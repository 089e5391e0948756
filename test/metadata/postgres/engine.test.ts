// Shows I1, I5 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Engine, statement } from "../../../src/metadata/engine.ts";
import { type Metadata, openMetadata } from "../../../src/metadata/metadata.ts";
import { openPostgres } from "../../../src/metadata/postgres/engine.ts";
import { postgresFault } from "../../../src/metadata/postgres/faults.ts";
import { everyKind, openPlace } from "../../support/content.ts";
import { Clock, graceMs, makePostgres, postgresUrl, type TestDatabase } from "../../support/engines.ts";
import { openPostgresProxy } from "../../support/postgres-proxy.ts";

const insert = statement<never>("test-postgres-insert", "INSERT INTO accounts (name) VALUES (?)");

describe.skipIf(!postgresUrl)("PostgreSQL", () => {
  let database: TestDatabase;
  let url: string;
  const opened: { close(): Promise<void> }[] = [];
  const open = async (at: string): Promise<Metadata> => {
    const metadata = await openMetadata({
      engine: { kind: "postgres", url: at, poolSize: 4 },
      now: new Clock().now,
      graceMs,
      cacheRows: 0,
    });
    opened.push(metadata);
    return metadata;
  };
  const openEngine = async (): Promise<Engine> => {
    const engine = await openPostgres({ url, poolSize: 4, now: new Clock().now });
    opened.push(engine);
    return engine;
  };

  beforeEach(async () => {
    database = await makePostgres(postgresUrl ?? "");
    url = database.engine.kind === "postgres" ? database.engine.url : "";
  });
  afterEach(async () => {
    for (const each of opened.splice(0).toReversed()) await each.close();
    await database.remove();
  });

  it("recovers when the server has closed every connection", async () => {
    const name = `test-${randomBytes(8).toString("hex")}`;
    const own = new URL(url);
    own.searchParams.set("application_name", name);
    const metadata = await open(own.href);
    await openPlace(metadata);
    await Promise.all(Array.from({ length: 4 }, () => metadata.ping()));
    await database.knex.raw("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?", [
      name,
    ]);
    expect(await metadata.buckets.find("pictures")).toBeDefined();
    expect(await metadata.accounts.ensure("bob")).toBeDefined();
  });

  it("reports a lost answer to COMMIT as unavailable, and never drops committed data", async () => {
    const proxy = await openPostgresProxy(url);
    opened.push(proxy);
    const metadata = await open(proxy.url);
    const place = await openPlace(metadata);
    const content = await place.fresh("hello");
    proxy.cutAfterCommit("object-add");
    await expect(place.put("a", "hello", { content })).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await expect.poll(async () => (await database.knex("objects").select("key")).length).toBe(1);
    await metadata.keyReservations.discard(content.storageKey);
    expect(await metadata.jobs.claim(everyKind, 1000)).toBeUndefined();
    expect((await place.blobOf("a")).storageKey).toBe(content.storageKey);
  });

  it("repeats a transaction that lost a deadlock", async () => {
    const engine = await openEngine();
    const touch = statement<never>("test-postgres-touch", "UPDATE accounts SET name = name WHERE name = ?");
    for (const name of ["a", "b"]) await engine.transact((c) => c.run(insert, [name]));
    let arrived = 0;
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let runs = 0;
    const cross = (first: string, second: string) =>
      engine.transact(async (c) => {
        runs++;
        await c.run(touch, [first]);
        if (++arrived === 2) meet();
        await met;
        return c.run(touch, [second]);
      });
    expect(await Promise.all([cross("a", "b"), cross("b", "a")])).toEqual([1, 1]);
    expect(runs).toBe(3);
  });

  it("commits nothing when a transaction ignores a failed statement", async () => {
    const engine = await openEngine();
    const failing = engine.transact(async (c) => {
      await c.run(insert, ["a"]);
      await c.run(insert, ["a"]).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow("passed over");
    expect(await database.knex("accounts").select("name")).toEqual([]);
  });

  it("limits every wait of a session", async () => {
    const engine = await openEngine();
    const show = statement<{ name: string; setting: string }>(
      "test-postgres-settings",
      "SELECT name, setting FROM pg_settings WHERE name LIKE ? OR name = ?",
    );
    const rows = await engine.read.all(show, ["%_timeout", "synchronous_commit"]);
    const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    for (const name of ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
      expect(Number(settings[name])).toBeGreaterThan(0);
    expect(settings["synchronous_commit"]).not.toBe("off");
  });

  it("is unavailable when nobody listens", async () => {
    const proxy = await openPostgresProxy(url);
    await proxy.close();
    await expect(open(proxy.url)).rejects.toMatchObject({ code: "ServiceUnavailable" });
  });
});

describe("Faults of PostgreSQL", () => {
  const error = (code: string) => Object.assign(new Error("no"), { code });

  it.each([
    ["40001", "conflict"],
    ["40P01", "conflict"],
    ["25006", "broken"],
    ["57P01", "broken"],
    ["08006", "broken"],
    ["53100", "full"],
    ["55P03", "slow"],
    ["23505", "statement"],
    ["ECONNRESET", "broken"],
  ])("reads %s as %s", (code, fault) => {
    expect(postgresFault(error(code))).toBe(fault);
  });

  it("reads a time-out of the driver as stuck", () => {
    expect(postgresFault(new Error("Query read timeout"))).toBe("stuck");
  });
});
