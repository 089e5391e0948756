/**
 * Prepared statements on one raw connection of the sqlite3 driver that knex opened; the only file that calls this
 * driver. Every statement is stepped to its end (`all`): an open one would hold an old snapshot.
 */
import type { Knex } from "knex";
import type { Database, Statement as RawStatement, RunResult } from "sqlite3";
import type { Parameter, Reader, Statement } from "../engine.ts";
import { checkParameters } from "../parameters.ts";

export class SqliteConnection implements Reader {
  readonly #raw: Database;
  readonly #knex: Knex;
  readonly #lanes: number;
  readonly #prepared = new Map<string, readonly RawStatement[]>();
  readonly #preparing = new Map<string, Promise<readonly RawStatement[]>>();
  #turn = 0;

  /**
   * Each statement is compiled `lanes` times, so that one call runs in a thread while the rows of another are read
   * here. With one lane, calls of one statement are answered in the order in which they were made.
   */
  constructor(raw: Database, knex: Knex, lanes: number) {
    this.#raw = raw;
    this.#knex = knex;
    this.#lanes = lanes;
  }

  async all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]> {
    checkParameters(parameters);
    const raw = this.#take(this.#prepared.get(statement.name) ?? (await this.#prepare(statement)));
    return new Promise((resolve, reject) => {
      raw.all<Row>(parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  async get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row | undefined> {
    return (await this.all(statement, parameters))[0];
  }

  async run(statement: Statement<never>, parameters: readonly Parameter[]): Promise<number> {
    checkParameters(parameters);
    const raw = this.#take(this.#prepared.get(statement.name) ?? (await this.#prepare(statement)));
    return new Promise((resolve, reject) => {
      raw.run(parameters, function changed(this: RunResult, error: Error | null) {
        if (error) reject(error);
        else resolve(this.changes);
      });
    });
  }

  async query<Row>(build: (knex: Knex) => Knex.QueryBuilder): Promise<Row[]> {
    const rows: Row[] = await build(this.#knex);
    return rows;
  }

  /** Waits for running statements, then closes the file. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#preparing.values());
    const all = [...this.#prepared.values()].flat();
    this.#prepared.clear();
    await Promise.all(all.map((raw) => new Promise<void>((resolve) => raw.finalize(() => resolve()))));
    await this.#knex.destroy();
  }

  #take(copies: readonly RawStatement[]): RawStatement {
    this.#turn = (this.#turn + 1) % this.#lanes;
    const raw = copies[this.#turn];
    if (!raw) throw new Error("a statement was compiled too few times");
    return raw;
  }

  async #prepare(statement: Statement): Promise<readonly RawStatement[]> {
    const underWay = this.#preparing.get(statement.name);
    if (underWay) return underWay;
    const preparing = Promise.all(Array.from({ length: this.#lanes }, () => this.#compile(statement)));
    this.#preparing.set(statement.name, preparing);
    try {
      const copies = await preparing;
      this.#prepared.set(statement.name, copies);
      return copies;
    } finally {
      this.#preparing.delete(statement.name);
    }
  }

  #compile(statement: Statement): Promise<RawStatement> {
    return new Promise((resolve, reject) => {
      const raw = this.#raw.prepare(sqliteText(statement), (error) => {
        if (error) reject(new Error(`${statement.name}: ${error.message}`, { cause: error }));
        else resolve(raw);
      });
    });
  }
}

/** Row locks are not needed: one transaction writes at a time. */
function sqliteText(statement: Statement): string {
  return statement.text.replaceAll(/ FOR UPDATE( SKIP LOCKED)?/g, "");
}
