/**
 * Both engines for the contract tests; each test gets an empty database and its own clock. PostgreSQL needs
 * TEST_POSTGRES_URL.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import knexFactory, { type Knex } from "knex";
import { afterEach, beforeEach, describe } from "vitest";
import { type Metadata, type MetadataOptions, openMetadata } from "../../src/metadata/metadata.ts";

export const postgresUrl = process.env["TEST_POSTGRES_URL"];
if (!postgresUrl && process.env["TEST_REQUIRE_PROGRAMS"])
  throw new Error("CI runs the metadata tests on PostgreSQL too: set TEST_POSTGRES_URL");
if (!postgresUrl) console.warn("TEST_POSTGRES_URL is not set: the metadata tests on PostgreSQL are left out");

export const graceMs = 60_000;

type Look = <Row>(build: (knex: Knex) => Knex.QueryBuilder) => Promise<Row[]>;

/** An empty database that several programs may open. */
export interface TestDatabase {
  readonly engine: MetadataOptions["engine"];
  readonly knex: Knex;
  remove(): Promise<void>;
}

export class Clock {
  #ms = Date.UTC(2024, 0, 1);
  readonly now = (): Date => new Date(this.#ms);
  advance(ms: number): void {
    this.#ms += ms;
  }
}

export async function makeSqlite(): Promise<TestDatabase & { readonly file: string }> {
  const directory = await mkdtemp(join(tmpdir(), "metadata-"));
  const file = join(directory, "metadata.db");
  const knex = knexFactory({ client: "sqlite3", connection: { filename: file }, useNullAsDefault: true });
  const remove = async () => {
    await knex.destroy();
    await rm(directory, { recursive: true });
  };
  return { file, engine: { kind: "sqlite", file, durable: false }, knex, remove };
}

export async function makePostgres(url: string): Promise<TestDatabase> {
  const schema = `test_${randomBytes(8).toString("hex")}`;
  const knex = knexFactory({ client: "pg", connection: url, searchPath: schema });
  await knex.raw(`CREATE SCHEMA ${schema}`);
  const own = new URL(url);
  own.searchParams.set("options", `-c search_path=${schema}`);
  return {
    engine: { kind: "postgres", url: own.href, poolSize: 8 },
    knex,
    remove: async () => {
      await knex.raw(`DROP SCHEMA ${schema} CASCADE`);
      await knex.destroy();
    },
  };
}

export interface Store {
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly kind: MetadataOptions["engine"]["kind"];
  /** Another program on the same database. */
  readonly openAnother: () => Promise<Metadata>;
  /** What the tables hold, read past everything. */
  readonly look: Look;
}

/** The suite once on each engine. `store()` is the test's own, open and empty. */
export function onBothEngines(title: string, suite: (store: () => Store) => void): void {
  describe(`${title} on SQLite`, () => withStore(makeSqlite, suite));
  describe.skipIf(!postgresUrl)(`${title} on PostgreSQL`, () =>
    withStore(() => makePostgres(postgresUrl ?? ""), suite),
  );
}

function withStore(make: () => Promise<TestDatabase>, suite: (store: () => Store) => void): void {
  let store: Store | undefined;
  let remove: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    const database = await make();
    const clock = new Clock();
    const opened: Metadata[] = [];
    const openAnother = async () => {
      const metadata = await openMetadata({ engine: database.engine, now: clock.now, graceMs, cacheRows: 1000 });
      opened.push(metadata);
      return metadata;
    };
    remove = async () => {
      for (const metadata of opened) await metadata.close();
      await database.remove();
    };
    store = {
      metadata: await openAnother(),
      clock,
      kind: database.engine.kind,
      openAnother,
      look: (build) => build(database.knex),
    };
  });
  afterEach(async () => {
    await remove?.();
  });
  suite(() => {
    if (!store) throw new Error("only inside a test");
    return store;
  });
}
