/**
 * Brings a database to this program's schema: each migration in one transaction with the row that records it.
 * Two processes may start at once; a program older than the schema refuses to run.
 */
import { statement, type Work } from "./engine.ts";
import { migrations } from "./migrations/list.ts";
import type { Dialect } from "./migrations/migration.ts";

export interface MigrationTarget {
  readonly transact: <T>(work: Work<T>) => Promise<T>;
  readonly dialect: Dialect;
  readonly now: () => Date;
  /** False: an older schema is refused, because a gateway that knows no newer one may run on it. A new one is made. */
  readonly mayUpgrade?: boolean | undefined;
}

/** The version of the schema that this program makes and knows. */
export const SCHEMA = migrations.length;

/** An index over a large table takes minutes; nobody waits for it but this start. */
const longestChangeMs = 86_400_000;

const lockSchema = statement("lock-schema", "SELECT pg_advisory_xact_lock(7305428841)");
const takeTime = statement("schema-no-timeout", "SET LOCAL statement_timeout = 0");
const makeTable = statement<never>(
  "make-schema-table",
  `CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`,
);
export const readVersion = statement<{ version: number }>(
  "schema-version",
  "SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations",
);
const writeVersion = statement<never>(
  "schema-applied",
  "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)",
);

export async function migrate({ transact, dialect, now, mayUpgrade = true }: MigrationTarget): Promise<void> {
  let isNew = false;
  for (;;) {
    const done = await transact(async (c) => {
      await c.lock(lockSchema, []);
      await c.lock(takeTime, []);
      await c.run(makeTable, []);
      const version = (await c.get(readVersion, []))?.version ?? 0;
      if (version > SCHEMA)
        throw new Error(`The database has schema ${version}, this program knows ${SCHEMA}: start the newer program`);
      const next = migrations[version];
      if (next === undefined) return true;
      isNew ||= version === 0;
      if (!mayUpgrade && !isNew)
        throw new Error(
          `The database has schema ${version}, this program knows ${SCHEMA}: ` +
            "stop the older gateways and start one of this version first",
        );
      for (const [index, text] of next.statements(dialect).entries())
        await c.run({ name: `${next.name}-${index}`, text, timeoutMs: longestChangeMs }, []);
      await c.run(writeVersion, [version + 1, next.name, now().getTime()]);
      return false;
    });
    if (done) return;
  }
}
