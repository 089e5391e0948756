/**
 * The SQLite engine: one file, one connection that writes and one that reads, so that reads see committed rows only and
 * never wait behind a sync. Refuses to run unless SQLite itself confirms every setting that durability depends on.
 */
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import knexFactory, { type Knex } from "knex";
import type { Database } from "sqlite3";
import { type Engine, type EngineFacts, type Freshness, type Reader, statement, type Work } from "../engine.ts";
import { migrate } from "../migrate.ts";
import { SqliteConnection } from "./connection.ts";
import { sqliteFault } from "./faults.ts";
import { ForeignChanges } from "./foreign-changes.ts";
import { GroupCommit } from "./group-commit.ts";
import { Room } from "./room.ts";

export interface SqliteOptions {
  readonly file: string;
  readonly durable: boolean;
  readonly now: () => Date;
  readonly onFatal: (cause: unknown) => void;
  /** As in MigrationTarget. */
  readonly mayUpgrade?: boolean | undefined;
}

/** The first release that fixes a corruption when two connections reset the WAL at once. */
const oldestVersion = [3, 51, 3] as const;
/** Measured: a second and third statement in flight give half as many reads more; further ones give none. */
const readingLanes = 3;
const openingAttempts = 50;
const openingDelayMs = 100;

const selectOne = statement<{ one: number }>("sqlite-ping", "SELECT 1 AS one");
const selectFacts = statement<{ version: string; bytes: number }>(
  "sqlite-facts",
  `SELECT sqlite_version() AS version, page_count * page_size AS bytes
  FROM pragma_page_count() CROSS JOIN pragma_page_size()`,
);

export async function openSqlite(options: SqliteOptions): Promise<Engine> {
  if (options.file === "" || options.file.startsWith(":"))
    throw new Error("SQLite needs a file: in memory two connections see two databases");
  await makePrivate(options.file);
  const writer = await openConnection(options, true);
  const writes = new GroupCommit(writer, options.onFatal);
  try {
    await migrate({
      transact: (work) => writes.transact(work),
      dialect: "sqlite",
      now: options.now,
      mayUpgrade: options.mayUpgrade,
    });
    return new SqliteEngine(writer, await openConnection(options, false), writes, new Room(options.file));
  } catch (error) {
    await writer.close();
    throw error;
  }
}

class SqliteEngine implements Engine {
  readonly dialect = "sqlite";
  readonly read: Reader;
  readonly signals = undefined;
  readonly freshness: Freshness;
  readonly #writer: SqliteConnection;
  readonly #reader: SqliteConnection;
  readonly #writes: GroupCommit;
  readonly #room: Room;

  constructor(writer: SqliteConnection, reader: SqliteConnection, writes: GroupCommit, room: Room) {
    this.#room = room;
    this.#writer = writer;
    this.#reader = reader;
    this.read = reader;
    this.#writes = writes;
    this.freshness = new ForeignChanges(writer, writes);
  }

  transact<T>(work: Work<T>): Promise<T> {
    return this.#writes.transact(work);
  }

  checkRoom(): Promise<void> {
    return this.#room.check();
  }

  async ping(): Promise<void> {
    await this.#reader.all(selectOne, []);
    await this.#writes.transact(async (c) => c.all(selectOne, []));
  }

  async facts(): Promise<EngineFacts> {
    const row = await this.#reader.get(selectFacts, []);
    return { name: "SQLite", version: row?.version ?? "", now: undefined, bytes: row?.bytes ?? 0 };
  }

  async close(): Promise<void> {
    await this.#writes.close();
    await this.#reader.close();
    await this.#writer.close();
  }
}

/** Private to its owner: the file holds sealed secrets and all names. SQLite's other files get the same mode. */
async function makePrivate(file: string): Promise<void> {
  await (await open(file, "a", 0o600)).close();
}

/** Each connection is its own knex instance with a pool of one. */
async function openConnection(options: SqliteOptions, writes: boolean): Promise<SqliteConnection> {
  let raw: Database | undefined;
  const knex = knexFactory({
    client: "sqlite3",
    connection: { filename: options.file },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (opened: Database, done: (error: Error | null) => void) => {
        raw = opened;
        done(null);
      },
    },
  });
  try {
    await knex.raw("SELECT 1");
    if (raw === undefined) throw new Error("knex opened no connection");
    for (const [name, value] of pragmas(options, writes)) await setPragma(knex, name, value);
    const versions: { version: string }[] = await knex.raw("SELECT sqlite_version() AS version");
    checkVersion(versions[0]?.version ?? "");
    await checkPragmas(knex, options);
    return new SqliteConnection(raw, knex, writes ? 1 : readingLanes);
  } catch (error) {
    await knex.destroy();
    throw error;
  }
}

function pragmas(options: SqliteOptions, writes: boolean): readonly (readonly [string, string | number])[] {
  return [
    ["busy_timeout", 5000],
    ["journal_mode", "WAL"],
    ["synchronous", options.durable ? "FULL" : "OFF"],
    ["foreign_keys", "ON"],
    ["journal_size_limit", 64 * 1024 * 1024],
    ["cache_size", -16_000],
    ["query_only", writes ? "OFF" : "ON"],
  ];
}

/** The busy timeout does not apply while another process switches a new file's journal mode: try again. */
async function setPragma(knex: Knex, name: string, value: string | number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await knex.raw(`PRAGMA ${name} = ${value}`);
      return;
    } catch (error) {
      if (sqliteFault(error) !== "busy" || attempt === openingAttempts) throw error;
      await delay(openingDelayMs);
    }
  }
}

/** Throws for a SQLite that can corrupt a database. */
export function checkVersion(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [oldMajor, oldMinor, oldPatch] = oldestVersion;
  if ((major - oldMajor || minor - oldMinor || patch - oldPatch) < 0) {
    throw new Error(`SQLite ${version} can corrupt a database: ${oldestVersion.join(".")} or newer is needed`);
  }
}

/** Throws when SQLite reports another value than the one that was set. */
export async function checkPragmas(knex: Knex, options: Pick<SqliteOptions, "durable">): Promise<void> {
  const wanted = { journal_mode: "wal", synchronous: options.durable ? 2 : 0, foreign_keys: 1 };
  for (const [name, value] of Object.entries(wanted)) {
    const rows: Record<string, unknown>[] = await knex.raw(`PRAGMA ${name}`);
    const found = rows[0]?.[name];
    if (found !== value)
      throw new Error(
        `SQLite answers ${name} = ${String(found)} where ${value} is needed: not safe to run on this file`,
      );
  }
}
