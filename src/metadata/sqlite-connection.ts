/**
 * Prepared statements on one raw connection of the sqlite3 driver that knex opened; the only file that knows this driver's calls.
 * Every statement is stepped to its end (`all`), never left open half-way: an open one would hold an old snapshot.
 */
import type { Knex } from "knex";
import type { Database, Statement as RawStatement, RunResult } from "sqlite3";
import type { Parameter, Reader, Statement } from "./engine.ts";
import { checkParameters } from "./parameters.ts";

export class SqliteConnection implements Reader {
  readonly #raw: Database;
  readonly #knex: Knex;
  readonly #prepared = new Map<string, RawStatement>();
  readonly #preparing = new Map<string, Promise<RawStatement>>();

  constructor(raw: Database, knex: Knex) {
    this.#raw = raw;
    this.#knex = knex;
  }

  all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]> {
    const prepared = this.#prepared.get(statement.name);
    if (prepared) return allRows<Row>(prepared, parameters);
    return this.#prepare(statement).then((fresh) => allRows<Row>(fresh, parameters));
  }

  async get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row | undefined> {
    return (await this.all(statement, parameters))[0];
  }

  async run(statement: Statement<never>, parameters: readonly Parameter[]): Promise<number> {
    return runChanges(this.#prepared.get(statement.name) ?? (await this.#prepare(statement)), parameters);
  }

  async query<Row>(build: (knex: Knex) => Knex.QueryBuilder): Promise<Row[]> {
    const rows: Row[] = await build(this.#knex);
    return rows;
  }

  /** Waits for what runs, then closes the file. */
  async close(): Promise<void> {
    const all = await Promise.all([...this.#preparing.values(), ...this.#prepared.values()]);
    this.#prepared.clear();
    await Promise.all(all.map((raw) => new Promise<void>((resolve) => raw.finalize(() => resolve()))));
    await this.#knex.destroy();
  }

  #prepare(statement: Statement): Promise<RawStatement> {
    const underWay = this.#preparing.get(statement.name);
    if (underWay) return underWay;
    const preparing = new Promise<RawStatement>((resolve, reject) => {
      const raw = this.#raw.prepare(sqliteText(statement), (error) =>
        error ? reject(new Error(`${statement.name}: ${error.message}`, { cause: error })) : resolve(raw),
      );
    });
    this.#preparing.set(statement.name, preparing);
    return preparing.then(
      (raw) => {
        this.#preparing.delete(statement.name);
        this.#prepared.set(statement.name, raw);
        return raw;
      },
      (error: unknown) => {
        this.#preparing.delete(statement.name);
        throw error;
      },
    );
  }
}

/** Row locks mean nothing where one transaction writes at a time. */
function sqliteText(statement: Statement): string {
  return statement.text.replaceAll(" FOR UPDATE SKIP LOCKED", "");
}

function allRows<Row>(prepared: RawStatement, parameters: readonly Parameter[]): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    checkParameters(parameters);
    prepared.all<Row>(parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

function runChanges(prepared: RawStatement, parameters: readonly Parameter[]): Promise<number> {
  return new Promise((resolve, reject) => {
    checkParameters(parameters);
    prepared.run(parameters, function changed(this: RunResult, error: Error | null) {
      if (error) reject(error);
      else resolve(this.changes);
    });
  });
}
