/** Fills an empty database with the rows of another: restored ones, or those of a database of the other engine. */
import type { Connection, Engine, Statement } from "./engine.ts";
import type { Dialect } from "./migrations/migration.ts";
import { type Rows, TABLES } from "./tables.ts";

const IDENTITIES = ["accounts", "buckets", "blobs", "objects", "jobs"] as const;

/**
 * In one transaction, under the constraints and counting triggers of the schema. `rows` come in the order of TABLES.
 * Throws when the database is not empty, and leaves it as it was whenever it throws.
 */
export function fill(engine: Engine, rows: () => AsyncIterable<Rows>): Promise<void> {
  return engine.transact(async (c) => {
    for (const { name } of TABLES)
      if ((await c.get(anyOf(name), [])) !== undefined) throw new Error(`the database is not empty: it has ${name}`);
    for await (const page of rows()) await c.run(insertion(engine.dialect, page), [asObjects(page)]);
    // Nobody works there any more.
    await c.run({ name: "filled-jobs", text: "UPDATE jobs SET lease_until = NULL" }, []);
    await c.run({ name: "filled-uploads", text: "UPDATE uploads SET completing_until = NULL" }, []);
    if (engine.dialect === "postgres") for (const table of IDENTITIES) await countOn(c, table);
  });
}

function anyOf(table: string): Statement<{ one: number }> {
  return { name: `any-of-${table}`, text: `SELECT 1 AS one FROM ${table} LIMIT 1` };
}

/** Its parameter: an array of rows as JSON, each an object by column. */
function insertion(dialect: Dialect, { table, columns }: Rows): Statement<never> {
  const names = columns.join(", ");
  const selected =
    dialect === "sqlite"
      ? `SELECT ${columns.map((column) => `json_extract(value, '$.${column}')`).join(", ")} FROM json_each(?)`
      : `OVERRIDING SYSTEM VALUE SELECT ${names} FROM json_populate_recordset(NULL::${table}, ?::json)`;
  return { name: `fill-${table}`, text: `INSERT INTO ${table} (${names}) ${selected}`, timeoutMs: 600_000 };
}

function asObjects({ columns, rows }: Rows): string {
  return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]]))));
}

/** The next id comes after those that were given. */
async function countOn(c: Connection, table: string): Promise<void> {
  const text = `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM ${table}),
    false)`;
  await c.all({ name: `count-on-${table}`, text }, []);
}
