/**
 * The seam between the classes of this room and a database: statements in, rows out, one function a transaction.
 * Statements are constants with `?` placeholders and are compiled once on each raw connection; knex's builder is for
 * what is not hot.
 */
import type { Knex } from "knex";

export type Parameter = string | number | null;

/** `Row` is what one row looks like: integers as numbers, text as strings, nothing else. */
export interface Statement<Row = unknown> {
  readonly name: string;
  readonly text: string;
  /** Never set: it carries the type. */
  readonly row?: Row;
}

/**
 * `name` must be unique in this room: prepared statements are kept by it. `text` is SQL that both engines read: `?` or
 * `?1` for parameters; functions have SQLite's names (PostgreSQL's are put in their place); SQLite leaves out `FOR
 * UPDATE SKIP LOCKED`.
 */
export function statement<Row = never>(name: string, text: string): Statement<Row> {
  return { name, text: text.replaceAll(/\s+/g, " ").trim() };
}

interface Queries {
  all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]>;
  get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row | undefined>;
}

export interface Reader extends Queries {
  /** A query made by knex's builder, for what is not hot. */
  query<Row>(build: (knex: Knex) => Knex.QueryBuilder): Promise<Row[]>;
}

/** Inside a transaction. Only calls on this may be awaited there: no network, no file, no timer. */
export interface Connection extends Queries {
  /** Gives the number of rows changed. */
  run(statement: Statement<never>, parameters: readonly Parameter[]): Promise<number>;
  /**
   * Waits for what concurrent transactions could change under this one. One writer at a time, as on SQLite, needs none:
   * then it is never sent.
   */
  lock(statement: Statement, parameters: readonly Parameter[]): Promise<void>;
  /**
   * Runs synchronously once the commit is durable, before any caller is answered; never when the transaction is rolled
   * back.
   */
  afterCommit(effect: () => void): void;
}

export type Work<T> = (connection: Connection) => Promise<T>;

export interface Engine {
  /** Sees committed transactions only. */
  readonly read: Reader;
  /**
   * One transaction. `work` may run several times (lock conflicts, a neighbour's failure): nothing outside may change
   * in it but by `afterCommit`. Resolves when the commit is durable. Throws what `work` throws; ServiceUnavailable when
   * the database is full or closed to writes; SlowDown when it stays locked.
   */
  transact<T>(work: Work<T>): Promise<T>;
  /** May rows remembered from committed reads be given as answers now? Undefined: this engine cannot know. */
  readonly freshness: Freshness | undefined;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Tells whether this process is the only one that changed the database. */
export interface Freshness {
  /**
   * True at once, or after a look that began after the call: remembered rows are what the database holds. False: ask
   * the database.
   */
  check(): boolean | Promise<boolean>;
  /** Called when another process has changed something: forget everything. */
  onForeignChange: () => void;
}
