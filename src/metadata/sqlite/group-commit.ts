/**
 * The only writer of a SQLite file: all waiting works run one after another inside one BEGIN IMMEDIATE ... COMMIT, so
 * that many writes share one sync. No work is answered, with success or failure, before the COMMIT of what it saw;
 * after a full disk or an I/O error the transaction runs nothing more.
 */
import { S3Error, type S3ErrorCode } from "../../errors.ts";
import { type Connection, type Parameter, type Statement, statement, type Work } from "../engine.ts";
import type { SqliteConnection } from "./connection.ts";
import { type SqliteFault, sqliteFault } from "./faults.ts";

const begin = statement<never>("sqlite-begin", "BEGIN IMMEDIATE");
const commit = statement<never>("sqlite-commit", "COMMIT");
const rollback = statement<never>("sqlite-rollback", "ROLLBACK");

/** Bounds how long the first work of a batch waits for the last. */
const batchLimit = 64;
const busyAttempts = 3;
/** Each attempt waits for the lock as long as the busy timeout says; a client waits for one of them, not for three. */
const longestBusyMs = 4_000;

interface Waiting {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** Set when it failed after a write: the batch's next run leaves it out. */
  failed: boolean;
  answer: () => void;
}

/** Why a batch ended early. `fault` undefined: one of its works failed after a write. */
interface Stop {
  readonly fault: SqliteFault | undefined;
  readonly cause: unknown;
}

export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #onFatal: (cause: unknown) => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #refusal: unknown;
  /**
   * `inside`: this process holds the write lock and has seen every foreign change; `ending`: a commit may or may not be
   * visible yet.
   */
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
      // The answer is this work's own result; the cast only drops T while it waits in the queue.
      this.#waiting.push({
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
        failed: false,
        answer: () => undefined,
      });
      this.#running ??= this.#drain();
    });
  }

  /** Finishes waiting works and refuses new ones. */
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

  /** Moves works from the queue into `batch`; returns when all are answered, throws the error that rejects them all. */
  async #commitBatch(batch: Waiting[]): Promise<void> {
    batch.push(...this.#waiting.splice(0, batchLimit));
    const since = performance.now();
    for (let busy = 0; ; ) {
      const effects: (() => void)[] = [];
      const stop = await this.#runBatch(batch, effects);
      if (stop === undefined) {
        for (const effect of effects) effect();
        this.phase = "idle";
        for (const each of batch) each.answer();
        return;
      }
      await this.#rollBack();
      if (stop.fault === "broken") throw this.#close(stop.cause);
      if (stop.fault === "full") throw refused(stop.cause);
      if (stop.fault === "busy" && (++busy === busyAttempts || performance.now() - since > longestBusyMs)) {
        // Works that came meanwhile would wait for the same lock.
        batch.push(...this.#waiting.splice(0));
        throw refused(stop.cause, "SlowDown");
      }
    }
  }

  /** Undefined: committed. */
  async #runBatch(batch: Waiting[], effects: (() => void)[]): Promise<Stop | undefined> {
    this.phase = "opening";
    const unopened =
      (await this.#control(() => this.#connection.run(begin, []))) ?? (await this.#control(this.onBegin));
    if (unopened) return unopened;
    this.phase = "inside";
    for (let at = 0; at < batch.length || this.#takeMore(batch); at++) {
      const each = batch[at];
      const stop = each && !each.failed ? await this.#runOne(each, effects) : undefined;
      if (stop) return stop;
    }
    this.phase = "ending";
    return this.#control(() => this.#connection.run(commit, []));
  }

  async #runOne(each: Waiting, effects: (() => void)[]): Promise<Stop | undefined> {
    const scope = new Scope(this.#connection);
    try {
      const value = await each.work(scope);
      each.answer = () => each.resolve(value);
      effects.push(...scope.effects);
    } catch (error) {
      each.answer = () => each.reject(error);
      if (scope.wrote) {
        each.failed = scope.stopped === undefined;
        return scope.stopped ?? { fault: undefined, cause: error };
      }
    } finally {
      scope.over = true;
    }
    return scope.stopped;
  }

  /** Works that came while the batch ran share its sync. */
  #takeMore(batch: Waiting[]): boolean {
    const more = this.#waiting.splice(0, batchLimit - batch.length);
    batch.push(...more);
    return more.length > 0;
  }

  async #control(call: () => Promise<unknown>): Promise<Stop | undefined> {
    try {
      await call();
      return undefined;
    } catch (error) {
      return { fault: sqliteFault(error) ?? "broken", cause: error };
    }
  }

  async #rollBack(): Promise<void> {
    this.phase = "ending";
    try {
      await this.#connection.run(rollback, []);
    } catch (error) {
      // SQLite rolled back by itself, or BEGIN never succeeded: either way nothing is open.
      if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw this.#close(error);
    }
  }

  /** Refuses all further writes: the file's content is no longer known. */
  #close(cause: unknown): S3Error {
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

/** One work's view of the shared transaction: counts its writes, and runs nothing once the transaction has ended. */
class Scope implements Connection {
  readonly effects: (() => void)[] = [];
  wrote = false;
  over = false;
  stopped: Stop | undefined;
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

  async lock(): Promise<void> {}

  afterCommit(effect: () => void): void {
    this.effects.push(effect);
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.stopped) throw this.stopped.cause;
    if (this.over) throw new Error("this transaction is over: a call in it was not awaited");
    try {
      return await call();
    } catch (error) {
      const fault = sqliteFault(error);
      if (fault) this.stopped = { fault, cause: error };
      throw error;
    }
  }
}
