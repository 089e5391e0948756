/**
 * The rows of a database that is being restored, in a temporary SQLite file without constraints: rows come in any order
 * and take the place of others, until the state is whole and another database is filled from it.
 */
import knexFactory from "knex";
import type { Database } from "sqlite3";
import { allRows } from "../all-rows.ts";
import type { Statement } from "../engine.ts";
import { type CarriedTable, type ChangedRows, type Rows, TABLES } from "../tables.ts";
import { SqliteConnection } from "./connection.ts";

export interface Staging extends AsyncDisposable {
  /** Forgets what came. */
  empty(): Promise<void>;
  /** The rows of a snapshot. */
  add(rows: Rows): Promise<void>;
  /** What changed later. */
  change(changed: ChangedRows): Promise<void>;
  /** As Journal.rows. */
  rows(inPage: number): AsyncGenerator<Rows>;
}

/** `file`: of its own; whoever made it deletes it. The tables get the columns of the first rows that come. */
export async function openStaging(file: string): Promise<Staging> {
  let raw: Database | undefined;
  const knex = knexFactory({
    client: "sqlite3",
    connection: { filename: file },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (opened: Database, done: (error: null) => void) => {
        raw = opened;
        done(null);
      },
    },
  });
  await knex.raw("PRAGMA journal_mode = OFF");
  await knex.raw("PRAGMA synchronous = OFF");
  await knex.raw("PRAGMA cache_size = -64000");
  if (raw === undefined) throw new Error("knex opened no connection");
  const connection = new SqliteConnection(raw, knex, 1);
  const made = new Set<string>();
  const make = async (table: CarriedTable, columns: readonly string[]) => {
    if (made.has(table.name)) return;
    made.add(table.name);
    await knex.raw(
      `CREATE TABLE ${table.name} (${[...columns, `PRIMARY KEY (${table.order.join(", ")})`].join(", ")})`,
    );
    const group = Object.values(table.group).join(", ");
    await knex.raw(`CREATE INDEX ${table.name}_groups ON ${table.name} (${group})`);
  };
  const add = async (rows: Rows) => {
    if (rows.rows.length === 0) return;
    const table = tableOf(rows);
    await make(table, rows.columns);
    await connection.run(insertion(rows, "INSERT OR REPLACE"), [JSON.stringify(rows.rows)]);
  };
  return {
    empty: async () => {
      for (const { name } of TABLES) await knex.raw(`DROP TABLE IF EXISTS ${name}`);
      made.clear();
    },
    add,
    change: async (changed) => {
      if (made.has(changed.table)) await connection.run(removal(tableOf(changed)), [JSON.stringify(changed.groups)]);
      await add(changed);
    },
    async *rows(inPage) {
      for (const table of TABLES) await make(table, columnsOf(table));
      yield* allRows(connection, inPage);
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** Throws for a table of which this version knows nothing. */
function tableOf({ table }: Rows): CarriedTable {
  const found = TABLES.find(({ name }) => name === table);
  if (found === undefined) throw new Error(`rows of an unknown table: ${table}`);
  return found;
}

/** Of a table without rows; enough to read that it has none. */
function columnsOf({ order, group }: CarriedTable): readonly string[] {
  return [...new Set([...order, ...Object.values(group)])];
}

/** Its parameter: an array of rows as JSON, each an array of values. */
function insertion({ table, columns }: Rows, verb: "INSERT OR REPLACE"): Statement<never> {
  const values = columns.map((_, index) => `json_extract(value, '$[${index}]')`);
  return {
    name: `staged-${table}-${columns.join()}`,
    text: `${verb} INTO ${table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?)`,
  };
}

/** Its parameter: an array of groups as JSON. */
function removal({ name, group }: CarriedTable): Statement<never> {
  const places = [...(group.number ? [[group.number, 0]] : []), ...(group.text ? [[group.text, 1]] : [])];
  const columns = places.map(([column]) => column).join(", ");
  const values = places.map(([, place]) => `json_extract(value, '$[${place}]')`).join(", ");
  return {
    name: `unstaged-${name}`,
    text: `DELETE FROM ${name} WHERE (${columns}) IN (SELECT ${values} FROM json_each(?))`,
  };
}
