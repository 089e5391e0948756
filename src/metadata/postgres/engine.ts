/**
 * The PostgreSQL engine: READ COMMITTED with row and advisory locks where a statement depends on what another
 * transaction could change. A transaction is run again only when the server is known not to have committed it; a lost
 * answer to COMMIT becomes ServiceUnavailable, and the client must find out what holds.
 */
import { setTimeout as delay } from "node:timers/promises";
import knexFactory, { type Knex } from "knex";
import type { ClientConfig } from "pg";
import {
  type Engine,
  type EngineFacts,
  type Parameter,
  type Reader,
  type Signals,
  type Statement,
  statement,
  type Work,
} from "../engine.ts";
import { migrate } from "../migrate.ts";
import { endsConnection, type PostgresFault, postgresFault, refusal } from "./faults.ts";
import { PostgresSession, type RawPostgres, types } from "./session.ts";
import { listenTo, notify } from "./signals.ts";

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly now: () => Date;
  /** As in MigrationTarget. */
  readonly mayUpgrade?: boolean | undefined;
}

const limits = {
  statement_timeout: 60_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 30_000,
  query_timeout: 70_000,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;
const acquireTimeoutMs = 10_000;
const attempts = 12;
const longestPauseMs = 200;

const selectOne = statement<{ one: number }>("postgres-ping", "SELECT 1 AS one");
const selectFacts = statement<{ version: string; now: number; bytes: number }>(
  "postgres-facts",
  `SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
    CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now`,
);
const quiet = () => undefined;

/** The calls of knex's pool that are used without the builder. */
interface Pool {
  acquireConnection(): Promise<RawPostgres>;
  releaseConnection(raw: RawPostgres): Promise<void>;
}

export async function openPostgres(options: PostgresOptions): Promise<Engine> {
  const server = { connectionString: options.url, application_name: "nearbucket", ...limits };
  const knex = knexFactory({
    client: "pg",
    connection: { ...server, types },
    acquireConnectionTimeout: acquireTimeoutMs,
    // A connection's errors are thrown to the caller that uses it.
    log: { warn: quiet, error: quiet, debug: quiet, deprecate: quiet },
    pool: {
      min: 0,
      max: options.poolSize,
      afterCreate: (raw: RawPostgres, done: (error: Error | null) => void) => {
        prepareSession(raw).then(
          () => done(null),
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        );
      },
    },
  });
  const engine = new PostgresEngine(knex, server);
  try {
    await migrate({
      transact: (work) => engine.transact(work),
      dialect: "postgres",
      now: options.now,
      mayUpgrade: options.mayUpgrade,
    });
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A standby takes no writes; an acknowledged commit must be on disk whatever the server's default is. */
async function prepareSession(raw: RawPostgres): Promise<void> {
  const { rows } = await raw.query<{ standby: boolean; encoding: string }>(
    "SELECT pg_is_in_recovery() AS standby, current_setting('server_encoding') AS encoding",
  );
  if (rows[0]?.standby) throw new Error("this PostgreSQL server is a standby: it takes no writes");
  if (rows[0]?.encoding !== "UTF8") throw new Error(`the database must be encoded in UTF8, not ${rows[0]?.encoding}`);
  await raw.query(
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
  );
}

class PostgresEngine implements Engine {
  readonly dialect = "postgres";
  readonly read: Reader;
  /** Other gateways write to the same database: nothing is cached. */
  readonly freshness = undefined;
  readonly signals: Signals;
  readonly #knex: Knex;
  readonly #pool: Pool;

  constructor(knex: Knex, server: ClientConfig) {
    this.#knex = knex;
    this.#pool = knex.client;
    const all = <Row>(each: Statement<Row>, parameters: readonly Parameter[]): Promise<Row[]> =>
      this.#use((session) => session.all(each, parameters));
    this.read = {
      all,
      get: async (each, parameters) => (await all(each, parameters))[0],
      query: (build) => this.#use((session) => session.query(build(knex))),
    };
    this.signals = {
      tell: (what) => void all(notify, [what]).catch(quiet),
      listen: (heard) => listenTo(server, heard),
    };
  }

  transact<T>(work: Work<T>): Promise<T> {
    return this.#use((session) => session.transact(work));
  }

  async checkRoom(): Promise<void> {}

  async ping(): Promise<void> {
    await this.transact((c) => c.all(selectOne, []));
  }

  async facts(): Promise<EngineFacts> {
    const row = await this.read.get(selectFacts, []);
    if (row === undefined) throw new Error("PostgreSQL says nothing of itself");
    return { name: "PostgreSQL", version: row.version, now: new Date(row.now), bytes: row.bytes };
  }

  async close(): Promise<void> {
    await this.#knex.destroy();
  }

  /** Repeats work that has no effect unless it resolves, as long as that can help. */
  async #use<T>(call: (session: PostgresSession) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let fault: PostgresFault | undefined;
      let raw: RawPostgres | undefined;
      try {
        raw = await this.#acquire((reason) => {
          fault = reason;
        });
        const session = new PostgresSession(raw);
        return await call(session).finally(() => {
          fault = session.fault;
        });
      } catch (error) {
        if (raw && endsConnection(fault)) raw.__knex__disposed = error;
        if ((fault !== "conflict" && fault !== "broken") || attempt === attempts) throw refusal(error, fault);
      } finally {
        if (raw) await this.#pool.releaseConnection(raw);
      }
      await delay(Math.random() * Math.min(longestPauseMs, 5 * 2 ** attempt));
    }
  }

  async #acquire(failed: (fault: PostgresFault) => void): Promise<RawPostgres> {
    try {
      return await this.#pool.acquireConnection();
    } catch (error) {
      failed(postgresFault(error));
      throw error;
    }
  }
}
