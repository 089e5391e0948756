/**
 * The interface between the classes of this room and a database: statements in, rows out, one function per transaction.
 * Statements are constants with `?` placeholders, compiled once on each raw connection; knex's builder serves queries
 * that are not hot.
 */
import type { Knex } from "knex";
import type { Dialect } from "./migrations/migration.ts";

export type Parameter = string | number | null;

/** `Row` is the type of one row: integers as numbers, text as strings, nothing else. */
export interface Statement<Row = unknown> {
  readonly name: string;
  readonly text: string;
  /** How long PostgreSQL may take for it, in milliseconds. Undefined: as long as a client can wait for its request. */
  readonly timeoutMs?: number;
  /** Never set: it carries the type. */
  readonly row?: Row;
}

/** Every statement of this room that is a constant, by name. */
export const statements = new Map<string, Statement>();

/**
 * For constants. `name` must be unique in this room: prepared statements are cached by it. `text` is SQL for both
 * engines: `?` or `?1` for parameters; functions have SQLite's names (the PostgreSQL engine substitutes its own); the
 * SQLite engine removes `FOR UPDATE SKIP LOCKED`.
 */
export function statement<Row = never>(name: string, text: string): Statement<Row> {
  if (statements.has(name)) throw new Error(`two statements are named ${name}`);
  const made: Statement<Row> = { name, text: text.replaceAll(/\s+/g, " ").trim() };
  statements.set(name, made);
  return made;
}

interface Queries {
  all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]>;
  get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row | undefined>;
}

export interface Reader extends Queries {
  /** A query made by knex's builder, where speed does not matter. */
  query<Row>(build: (knex: Knex) => Knex.QueryBuilder): Promise<Row[]>;
}

/** Inside a transaction. Only these calls may be awaited there: no network, no file, no timer. */
export interface Connection extends Queries {
  /** Returns the number of rows changed. */
  run(statement: Statement<never>, parameters: readonly Parameter[]): Promise<number>;
  /**
   * Takes a lock against concurrent transactions. SQLite has one writer at a time and needs none: there it is never
   * sent.
   */
  lock(statement: Statement, parameters: readonly Parameter[]): Promise<void>;
  /**
   * Runs synchronously once the commit is durable, before any caller is answered; not when the transaction is rolled
   * back.
   */
  afterCommit(effect: () => void): void;
}

export type Work<T> = (connection: Connection) => Promise<T>;

/** What the database says of itself. */
export interface EngineFacts {
  readonly name: "SQLite" | "PostgreSQL";
  readonly version: string;
  /** Its own clock; undefined: it has none but this machine's. */
  readonly now: Date | undefined;
  readonly bytes: number;
}

/** What the processes that have one database tell each other about the journal. */
export type Told =
  /** Somebody waits for the next segment. */
  | "wanted"
  /** A segment is written. */
  | "settled"
  /** Another one may write. */
  | "released";

export const TOLD: readonly Told[] = ["wanted", "settled", "released"];

export type Heard = Told | "nothing more";

export interface Listening {
  /** False: the connection is lost, or not there yet. */
  hears(): boolean;
  close(): Promise<void>;
}

/** Hints: one may come late, or never. */
export interface Signals {
  tell(what: Told): void;
  /** Calls `heard` also with what this process tells; with "nothing more" when it does not hear any longer. */
  listen(heard: (what: Heard) => void): Listening;
}

export interface Engine {
  readonly dialect: Dialect;
  /** Undefined: one process has this database. */
  readonly signals: Signals | undefined;
  /** Sees committed transactions only. */
  readonly read: Reader;
  /**
   * One transaction. `work` may run several times (lock conflicts, a failure in the same batch): it may change nothing
   * outside, except by `afterCommit`. Resolves when the commit is durable. Throws what `work` throws;
   * ServiceUnavailable when the database is full or closed to writes; SlowDown when it stays locked.
   */
  transact<T>(work: Work<T>): Promise<T>;
  /** May cached rows be returned now? Undefined: this engine cannot know. */
  readonly freshness: Freshness | undefined;
  /**
   * Throws ServiceUnavailable while what adds content must wait, because the disk of the database is nearly full.
   * PostgreSQL looks after itself.
   */
  checkRoom(): Promise<void>;
  ping(): Promise<void>;
  facts(): Promise<EngineFacts>;
  close(): Promise<void>;
}

/** Detects changes of the database by other processes. */
export interface Freshness {
  /**
   * True, at once or after a check that began after the call: cached rows equal the database's. False: ask the
   * database.
   */
  check(): boolean | Promise<boolean>;
  /** Called when another process has changed something: the cache must forget everything. */
  onForeignChange: () => void;
}
