// Shows I9 of docs/durability.md.
import { stat } from "node:fs/promises";
import knexFactory from "knex";
import { describe, expect, it } from "vitest";
import { openMetadata } from "../../src/metadata/metadata.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { checkPragmas, checkVersion } from "../../src/metadata/sqlite/engine.ts";
import {
  Clock,
  graceMs,
  makePostgres,
  makeSqlite,
  onBothEngines,
  postgresUrl,
  type TestDatabase,
} from "../support/engines.ts";

const makers: readonly (readonly [string, () => Promise<TestDatabase>])[] = [
  ["SQLite", makeSqlite],
  ...(postgresUrl ? [["PostgreSQL", () => makePostgres(postgresUrl ?? "")] as const] : []),
];

describe.each(makers)("A new database on %s", (_, make) => {
  it("is made once by programs that open it at the same time", async () => {
    const database = await make();
    const options = { engine: database.engine, now: new Clock().now, graceMs, cacheRows: 10 };
    const opened = await Promise.all(Array.from({ length: 5 }, () => openMetadata(options)));
    const accounts = await Promise.all(opened.map((metadata) => metadata.accounts.ensure("alice")));
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
    expect(await database.knex("schema_migrations").select("version", "name")).toEqual([
      { version: 1, name: "001-init" },
      { version: 2, name: "002-keys-and-owners" },
      { version: 3, name: "003-durability" },
      { version: 4, name: "004-quarantine" },
      { version: 5, name: "005-holdings" },
      { version: 6, name: "006-console" },
      { version: 7, name: "007-redirect-abilities" },
      { version: 8, name: "008-placement" },
      { version: 9, name: "009-read-replicas" },
      { version: 10, name: "010-journal" },
      { version: 11, name: "011-takeovers" },
      { version: 12, name: "012-journal-continues" },
      { version: 13, name: "013-journal-ended" },
    ]);
    for (const metadata of opened) await metadata.close();
    await database.remove();
  });

  it("has a schema that other programs can read", async () => {
    const database = await make();
    await (await openMetadata({ engine: database.engine, now: new Clock().now, graceMs, cacheRows: 10 })).close();
    const isSqlite = database.engine.kind === "sqlite";
    const triggers = isSqlite ? await database.knex("sqlite_schema").where("type", "trigger").select("sql") : [];
    expect(triggers.length > 0).toBe(isSqlite);
    // SQLite before 3.44, as in Debian 12, knows no order inside of an aggregate, and refuses the whole file.
    for (const { sql } of triggers) expect(sql).not.toMatch(/\([^()]*ORDER BY[^()]*\) FROM/);
    await database.remove();
  });

  it("is not opened by a program older than its schema", async () => {
    const database = await make();
    const options = { engine: database.engine, now: new Clock().now, graceMs, cacheRows: 10 };
    await (await openMetadata(options)).close();
    await database.knex("schema_migrations").insert({ version: SCHEMA + 1, name: "later", applied_at: 0 });
    await expect(openMetadata(options)).rejects.toThrow("newer program");
    await database.remove();
  });
});

onBothEngines("A database", (store) => {
  it("answers a ping until it is closed", async () => {
    const another = await store().openAnother();
    await another.ping();
    await store().metadata.ping();
  });

  it("keeps what was written when it is opened again", async () => {
    const { metadata, openAnother } = store();
    const account = await metadata.accounts.ensure("alice");
    await metadata.buckets.create({ name: "pictures", accountId: account.id, location: "eu", settings: {} });
    expect(await (await openAnother()).buckets.find("pictures")).toMatchObject({ owner: account });
  });
});

describe("SQLite", () => {
  it.each(["3.51.2", "3.50.9", "2.99.99", ""])("is refused in version %j, which can corrupt a database", (version) => {
    expect(() => checkVersion(version)).toThrow("can corrupt");
  });

  it.each(["3.51.3", "3.52.0", "4.0.0"])("is accepted in version %j", (version) => {
    expect(() => checkVersion(version)).not.toThrow();
  });

  it("is refused when it does not confirm the settings that durability depends on", async () => {
    const database = await makeSqlite();
    const knex = knexFactory({ client: "sqlite3", connection: { filename: database.file }, useNullAsDefault: true });
    await expect(checkPragmas(knex, { durable: true })).rejects.toThrow("journal_mode");
    await knex.raw("PRAGMA journal_mode = WAL");
    await knex.raw("PRAGMA foreign_keys = ON");
    await knex.raw("PRAGMA synchronous = NORMAL");
    await expect(checkPragmas(knex, { durable: true })).rejects.toThrow("synchronous");
    await knex.raw("PRAGMA synchronous = FULL");
    await checkPragmas(knex, { durable: true });
    await knex.raw("PRAGMA foreign_keys = OFF");
    await expect(checkPragmas(knex, { durable: true })).rejects.toThrow("foreign_keys");
    await knex.destroy();
    await database.remove();
  });

  it("makes its file readable by its owner only", async () => {
    const database = await makeSqlite();
    await (await openMetadata({ engine: database.engine, now: new Clock().now, graceMs, cacheRows: 10 })).close();
    expect((await stat(database.file)).mode & 0o777).toBe(0o600);
    await database.remove();
  });

  it("is refused in memory, where two connections would see two databases", async () => {
    const engine = { kind: "sqlite", file: ":memory:", durable: true } as const;
    await expect(openMetadata({ engine, now: new Clock().now, graceMs, cacheRows: 10 })).rejects.toThrow(
      "needs a file",
    );
  });
});
