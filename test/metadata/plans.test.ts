// No statement reads a table from end to end, except those named here: its cost would grow with the database. Each
// engine is asked how it would run each statement, PostgreSQL with thousands of rows in every table.
import type { Knex } from "knex";
import { expect, it, onTestFinished } from "vitest";
import { type Statement, statements } from "../../src/metadata/engine.ts";
import { openMetadata } from "../../src/metadata/metadata.ts";
import { postgresText } from "../../src/metadata/postgres/session.ts";
import { Clock, graceMs, makePostgres, makeSqlite, postgresUrl, type TestDatabase } from "../support/engines.ts";

/** Statement -> the tables that it may read whole. */
const mayScan: Readonly<Record<string, readonly string[]>> = {
  // The keys that gateways hold in reserve.
  "writers-forget": ["reserved_keys"],
  "reserved-keys-left-over": ["reserved_keys"],
  // PostgreSQL expects to meet enough rows soon. They are uploads under way, and results of one day.
  "bucket-completed-forget": ["completed_uploads"],
  "uploads-completed-forget": ["completed_uploads"],
  "uploads-stale": ["uploads"],
  "bucket-uploads-end": ["uploads"],
  // Once for each backend that is registered or removed.
  "backend-holds-replicas": ["replicas"],
  // Once for each backend that is removed: uploads under way.
  "backend-parts": ["upload_backends", "parts", "uploads"],
  // Batches of the commands that replace or remove a backend.
  "backend-replicas-lose": ["blobs"],
  "backend-replicas-forget": ["blobs"],
  // An index of the replicas that are not good: usually none.
  "holders-lost": ["replicas"],
  // By an index of just these rows.
  "holders-readers": ["replicas"],
  // What is in quarantine on one backend: usually nothing.
  "quarantine-totals": ["quarantine"],
  // For the operator, in no transaction.
  "jobs-failing": ["jobs"],
  // Once for each access key that an account makes for itself.
  "key-count": ["access_keys"],
  // Once for each start of a gateway.
  "key-sealers": ["access_keys"],
  // For whoever waits for a scrub, up to all replicas of one backend.
  "scrub-left": ["blobs"],
  "holders-buckets": ["objects"],
  "holders-one": ["replicas"],
  "stats-buckets": ["buckets"],
  "buckets-taking-over": ["buckets"],
};

/** They refer to accounts, which are never deleted. */
const needNoIndex = ["access_keys.account_id", "objects.owner_id", "uploads.account_id"];

const ROWS = 5_000;
/** In an order in which each refers only to rows above. Those not named have a row for each backend or migration. */
const tables = [
  "accounts",
  "access_keys",
  "buckets",
  "blobs",
  "replicas",
  "objects",
  "uploads",
  "upload_backends",
  "parts",
  "completed_uploads",
  "writers",
  "reserved_keys",
  "jobs",
  "quarantine",
  "history",
];
/** Writers are gateways that run. */
const large = tables.filter((table) => table !== "writers");
/** What row `i` holds in columns that do not differ in every row. */
const values: Readonly<Record<string, string>> = {
  is_latest: "1",
  is_delete_marker: "0",
  deleting: "0",
  ref_count: "1",
  blob_id: "i",
  // Almost all in few buckets: a plan must not count on the rows of a bucket being few, or being there.
  bucket_id: "1 + i % 3",
  scope: "'account:1'",
  digest: "'x' || i",
  kind: "'copy'",
  state: "'verified'",
  backend: "'b' || i % 3",
};

const engines = [
  { name: "SQLite", make: makeSqlite, scanned: scannedBySqlite },
  ...(postgresUrl
    ? [{ name: "PostgreSQL", make: () => makePostgres(postgresUrl ?? ""), scanned: scannedByPostgres }]
    : []),
];

it.each(engines)("every statement finds its rows by an index on $name", async ({ name, make, scanned }) => {
  const { knex } = await opened(make);
  const scans: string[] = [];
  for (const statement of statements.values()) {
    if (!/^(SELECT (?!pg_)|WITH|INSERT|UPDATE|DELETE)/.test(statement.text)) continue;
    if (statement.name.startsWith(name === "SQLite" ? "postgres-" : "sqlite-")) continue;
    for (const table of await scanned(knex, statement))
      if (!mayScan[statement.name]?.includes(table)) scans.push(`${statement.name} scans ${table}`);
  }
  expect(scans).toEqual([]);
});

it.each(engines)("the check finds a statement that scans on $name", async ({ make, scanned }) => {
  const { knex } = await opened(make);
  const text = "SELECT id FROM objects WHERE etag = ?";
  expect(await scanned(knex, { name: "no-index-on-etag", text })).toEqual(["objects"]);
});

it("every column that refers to rows of another table leads an index, so that deleting those is quick", async () => {
  const { knex } = await opened(makeSqlite);
  const bare: string[] = [];
  for (const table of tables) {
    const indexes: { name: string; partial: number }[] = await knex.raw(`PRAGMA index_list(${table})`);
    const columns = await Promise.all(
      indexes.filter(({ partial }) => partial === 0).map(({ name }) => knex.raw(`PRAGMA index_info(${name})`)),
    );
    const keys: { from: string }[] = await knex.raw(`PRAGMA foreign_key_list(${table})`);
    for (const { from } of keys) if (!columns.some(([first]) => first.name === from)) bare.push(`${table}.${from}`);
  }
  expect(bare.sort()).toEqual(needNoIndex);
});

it.skipIf(!postgresUrl)("PostgreSQL checks by an index that nothing refers to a deleted bucket or blob", async () => {
  const { knex } = await opened(() => makePostgres(postgresUrl ?? ""));
  await knex("blobs").insert(
    Array.from({ length: 10 }, (_, at) => ({ storage_key: `unused ${at}`, size: 1, etag: "e", ref_count: 0 })),
  );
  await knex.transaction(async (trx) => {
    // Again and again: the server plans the check anew for the first five only.
    for (let at = 0; at < 10; at++) {
      await trx("buckets")
        .where("id", 100 + at)
        .delete();
      await trx.raw("DELETE FROM blobs WHERE storage_key = ?", [`unused ${at}`]);
    }
    const read = trx("pg_stat_xact_user_tables").whereRaw("schemaname = current_schema()").whereIn("relname", large);
    expect(await read.where("seq_scan", ">", 0).select("relname", "seq_tup_read")).toEqual([]);
    expect(await trx("buckets").whereBetween("id", [100, 109])).toEqual([]);
  });
});

async function opened(make: () => Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await make();
  onTestFinished(() => database.remove());
  const { engine, knex } = database;
  await (await openMetadata({ engine, now: new Clock().now, graceMs, cacheRows: 0 })).close();
  // SQLite plans without figures about the rows.
  if (engine.kind === "postgres") await fill(knex);
  return database;
}

async function fill(knex: Knex): Promise<void> {
  for (const table of tables) {
    const columns = Object.entries(await knex(table).columnInfo()).filter(
      ([name, { nullable, defaultValue }]) => name in values || (name !== "id" && !nullable && defaultValue === null),
    );
    const selected = columns.map(([name, { type }]) => values[name] ?? (/int/.test(type) ? "i" : "'x' || i"));
    await knex.raw(`INSERT INTO ${table} (${columns.map(([name]) => name).join(", ")})
      SELECT ${selected.join(", ")} FROM generate_series(1, ${ROWS}) AS i`);
  }
  await knex.raw("ANALYZE");
}

/** The tables that are read whole. */
async function scannedBySqlite(knex: Knex, { text }: Statement): Promise<readonly string[]> {
  const plain = text.replaceAll(/ FOR (UPDATE|KEY SHARE)( SKIP LOCKED)?/g, "");
  const steps: { detail: string }[] = await knex.raw(`EXPLAIN QUERY PLAN ${plain}`);
  const details = steps.map(({ detail }) => detail).join("\n");
  const made = new Set([...details.matchAll(/^(?:CO-ROUTINE|MATERIALIZE) (\w+)/gm)].map(([, name]) => name));
  return tablesIn(/^SCAN (\w+)/gm, details).filter((name) => !made.has(name));
}

async function scannedByPostgres(knex: Knex, statement: Statement): Promise<readonly string[]> {
  const details = await knex.transaction(async (trx) => {
    // As from the sixth time on: no plan may count on a parameter's value.
    await trx.raw("SET LOCAL plan_cache_mode = force_generic_plan");
    await trx.raw(`PREPARE planned AS ${postgresText(statement)}`);
    const { rows: prepared } = await trx.raw(
      "SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'planned'",
    );
    const types: string[] = prepared[0].types;
    const parameters = types.map((type) => (type === "text" ? "'x7'" : "7"));
    const { rows } = await trx.raw(`EXPLAIN EXECUTE planned${types.length > 0 ? `(${parameters.join(", ")})` : ""}`);
    await trx.raw("DEALLOCATE planned");
    const steps: { "QUERY PLAN": string }[] = rows;
    return steps.map((step) => step["QUERY PLAN"]).join("\n");
  });
  return tablesIn(/Seq Scan on (\w+)/g, details);
}

function tablesIn(pattern: RegExp, details: string): string[] {
  return [...new Set([...details.matchAll(pattern)].map(([, name = ""]) => name))].filter((name) =>
    large.includes(name),
  );
}
