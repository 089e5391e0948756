/**
 * The only writer of a SQLite file: everyone who waits is run, one after another, inside one BEGIN IMMEDIATE ... COMMIT, so that many writes share one sync.
 * Nobody is answered, well or badly, before the COMMIT that holds what they saw; after a full disk or an I/O error nothing goes on inside the transaction.
 */
import type { Knex } from "knex";
import { S3Error, type S3ErrorCode } from "../errors.ts";
import { type Connection, type Parameter, type Statement, statement, type Work } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { type SqliteFault, sqliteFault } from "./sqlite-faults.ts";

const begin = statement<never>("begin", "BEGIN IMMEDIATE");
const commit = statement<never>("commit", "COMMIT");
const rollback = statement<never>("rollback", "ROLLBACK");

/** Bounds how long the first of a batch waits for the last. */
const batchLimit = 64;
const busyAttempts = 3;

interface Waiting {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** Set when it failed after a write: it is left out of the batch's next run. */
  failed: { readonly reason: unknown } | undefined;
  answer: () => void;
}

/** Ends a batch: `fault` says how. */
class BatchStopped extends Error {
  readonly fault: SqliteFault | undefined;
  constructor(fault: SqliteFault | undefined, options: { cause: unknown }) {
    super("the transaction ended early", options);
    this.fault = fault;
  }
}

export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #onFatal: (cause: unknown) => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #refusal: unknown;
  /** `inside`: this process holds the write lock and has seen every foreign change; `ending`: a commit may or may not be visible yet. */
  phase: "idle" | "opening" | "inside" | "ending" = "idle";
  /** Awaited once the write lock is held, before any work runs. */
  onBegin: () => Promise<void> = async () => undefined;

  constructor(connection: SqliteConnection, onFatal: (cause: unknown) => void) {
    this.#connection = connection;
    this.#onFatal = onFatal;
  }

  transact<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(refused(this.#refusal));
      // The answer is what this very work returned: the cast only forgets T while it waits among others.
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject, failed: undefined, answer: () => undefined });
      this.#running ??= this.#drain();
    });
  }

  /** Finishes what waits and refuses the rest. */
  async close(): Promise<void> {
    await this.#running;
    this.#refusal ??= new Error("closed");
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = [];
      try {
        await this.#commitBatch(batch);
      } catch (error) {
        for (const each of batch) each.reject(error);
      } finally {
        this.phase = "idle";
      }
    }
    this.#running = undefined;
  }

  /** Takes from the queue into `batch`; returns when all of it is answered, throws what all of it is rejected with. */
  async #commitBatch(batch: Waiting[]): Promise<void> {
    batch.push(...this.#waiting.splice(0, batchLimit));
    for (let busy = 0; ; ) {
      try {
        const effects = await this.#runBatch(batch);
        for (const effect of effects) effect();
        for (const each of batch) each.answer();
        return;
      } catch (error) {
        if (!(error instanceof BatchStopped)) throw await this.#stop(error);
        await this.#rollBack(error);
        if (error.fault === undefined) continue;
        if (error.fault === "busy" && ++busy < busyAttempts) continue;
        if (error.fault === "broken") throw await this.#stop(error.cause);
        throw refused(error, error.fault === "busy" ? "SlowDown" : "ServiceUnavailable");
      }
    }
  }

  async #runBatch(batch: Waiting[]): Promise<readonly (() => void)[]> {
    this.phase = "opening";
    await this.#control(() => this.#connection.run(begin, []));
    await this.#control(this.onBegin);
    this.phase = "inside";
    const effects: (() => void)[] = [];
    for (let at = 0; at < batch.length || this.#takeMore(batch); at++) {
      const each = batch[at];
      if (each === undefined || each.failed) continue;
      const scope = new Scope(this.#connection);
      try {
        const value = await each.work(scope);
        each.answer = () => each.resolve(value);
      } catch (error) {
        each.answer = () => each.reject(error);
        if (scope.wrote && !scope.stopped) {
          each.failed = { reason: error };
          throw new BatchStopped(undefined, { cause: error });
        }
        scope.effects.length = 0;
      }
      scope.over = true;
      if (scope.stopped) throw scope.stopped;
      effects.push(...scope.effects);
    }
    this.phase = "ending";
    await this.#control(() => this.#connection.run(commit, []));
    return effects;
  }

  /** Who came while the batch ran shares its sync. */
  #takeMore(batch: Waiting[]): boolean {
    const more = this.#waiting.splice(0, batchLimit - batch.length);
    batch.push(...more);
    return more.length > 0;
  }

  async #control(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      throw new BatchStopped(sqliteFault(error) ?? "broken", { cause: error });
    }
  }

  async #rollBack(reason: BatchStopped): Promise<void> {
    try {
      await this.#connection.run(rollback, []);
    } catch (error) {
      // SQLite rolled back by itself, or BEGIN never succeeded: both are what is wanted here.
      if (error instanceof Error && error.message.includes("no transaction is active")) return;
      throw await this.#stop(new AggregateError([error, reason], "cannot roll back"));
    }
  }

  /** No further write is taken: what the file holds is no longer known. */
  async #stop(cause: unknown): Promise<S3Error> {
    if (this.#refusal === undefined) {
      this.#refusal = cause;
      this.#onFatal(cause);
    }
    const error = refused(cause);
    for (const each of this.#waiting.splice(0)) each.reject(error);
    return error;
  }
}

function refused(cause: unknown, code: S3ErrorCode = "ServiceUnavailable"): S3Error {
  return new S3Error(code, {}, { cause });
}

/** One work's view of the shared transaction: counts its writes, and passes nothing on once the transaction is gone. */
class Scope implements Connection {
  readonly effects: (() => void)[] = [];
  wrote = false;
  over = false;
  stopped: BatchStopped | undefined;
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]> {
    const rows = await this.#guard(() => this.#connection.all(statement, parameters));
    if (rows.length > 0 && !statement.text.startsWith("SELECT")) this.wrote = true;
    return rows;
  }

  async get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<Row | undefined> {
    return (await this.all(statement, parameters))[0];
  }

  async run(statement: Statement<never>, parameters: readonly Parameter[]): Promise<number> {
    const changes = await this.#guard(() => this.#connection.run(statement, parameters));
    if (changes > 0 || !/^(INSERT|UPDATE|DELETE) /.test(statement.text)) this.wrote = true;
    return changes;
  }

  query<Row>(build: (knex: Knex) => Knex.QueryBuilder): Promise<Row[]> {
    this.wrote = true;
    return this.#guard(() => this.#connection.query(build));
  }

  async lock(): Promise<void> {}

  afterCommit(effect: () => void): void {
    this.effects.push(effect);
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.stopped) throw this.stopped;
    if (this.over) throw new Error("this transaction is over: a call in it was not awaited");
    try {
      return await call();
    } catch (error) {
      const fault = sqliteFault(error);
      if (fault) this.stopped = new BatchStopped(fault, { cause: error });
      throw error;
    }
  }
}
