/**
 * One raw connection of the pg driver, borrowed from knex's pool: named prepared statements and transactions.
 * Keeps the fault of the last failure, so that the borrower knows whether to run again and whether to return the
 * connection.
 */
import type { Knex } from "knex";
import pg, { type ClientBase, type QueryConfig, type QueryResult } from "pg";
import { type Connection, type Parameter, type Statement, statement, type Work } from "../engine.ts";
import { checkParameters } from "../parameters.ts";
import { endsConnection, type PostgresFault, postgresFault } from "./faults.ts";

/** What knex keeps in its pool: `__knex__disposed` makes it throw the connection away. */
export type RawPostgres = ClientBase & { __knex__disposed?: unknown };

const begin = statement("postgres-begin", "BEGIN ISOLATION LEVEL READ COMMITTED");
const commit = statement("postgres-commit", "COMMIT");
const rollback = statement("postgres-rollback", "ROLLBACK");

/** Functions that differ from SQLite's in name only. */
const functions = [
  ["instr", "strpos"],
  ["group_concat", "string_agg"],
  ["json_group_array", "json_agg"],
  ["json_array", "json_build_array"],
] as const;

/** Clients often give up after a minute: a request must be refused before, though several of its calls may wait. */
const promptMs = 15_000;

const texts = new Map<string, string>();

/** Numbers are exact below 2^53; all sizes, times and ids are below it. */
const int8 = 20;
export const types: Knex.PgCustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format === "binary" ? "binary" : "text"),
};

type AnyRow = Record<string, unknown>;

export class PostgresSession {
  readonly raw: RawPostgres;
  fault: PostgresFault | undefined;

  constructor(raw: RawPostgres) {
    this.raw = raw;
  }

  async all<Row>(each: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]> {
    return (await this.#send(each, parameters)).rows;
  }

  async query<Row>(builder: Knex.QueryBuilder): Promise<Row[]> {
    return this.#watch(() => builder.connection(this.raw));
  }

  async transact<T>(work: Work<T>): Promise<T> {
    const effects: (() => void)[] = [];
    await this.#send(begin, []);
    const value = await this.#orRollBack(() => work(this.#connection(effects)));
    await this.#commit();
    for (const effect of effects) effect();
    return value;
  }

  async #orRollBack<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { fault } = this;
      if (!endsConnection(fault)) await this.#send(rollback, []);
      throw error;
    }
  }

  async #commit(): Promise<void> {
    const sent = this.#send(commit, []);
    const { command } = await sent.finally(() => {
      if (endsConnection(this.fault)) this.fault = "unknown";
    });
    if (command !== "COMMIT") throw new Error("a failed statement was passed over in a transaction");
  }

  #connection(effects: (() => void)[]): Connection {
    return {
      all: (each, parameters) => this.all(each, parameters),
      get: async (each, parameters) => (await this.all(each, parameters))[0],
      run: async (each, parameters) => (await this.#send(each, parameters)).rowCount ?? 0,
      lock: async (each, parameters) => {
        await this.#send(each, parameters);
      },
      afterCommit: (effect) => {
        effects.push(effect);
      },
    };
  }

  #send<Row>(each: Statement<Row>, parameters: readonly Parameter[]): Promise<QueryResult<Row & AnyRow>> {
    checkParameters(parameters);
    const config: QueryConfig & { readonly query_timeout: number } = {
      name: each.name,
      text: postgresText(each),
      values: [...parameters],
      query_timeout: each.timeoutMs ?? promptMs,
    };
    return this.#watch(() => this.raw.query<Row & AnyRow>(config));
  }

  async #watch<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.fault = postgresFault(error);
      throw error;
    }
  }
}

/** The text as this driver takes it. */
export function postgresText(each: Statement): string {
  const known = texts.get(each.name);
  if (known !== undefined) return known;
  let count = 0;
  let text = each.text.replaceAll(/\?(\d*)/g, (_, place: string) => `$${place || ++count}`);
  for (const [ours, theirs] of functions) text = text.replaceAll(`${ours}(`, `${theirs}(`);
  texts.set(each.name, text);
  return text;
}
