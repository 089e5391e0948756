/** An engine whose commits are told to nobody before something else has happened. */
import type { Connection, Engine, Work } from "./engine.ts";

/** `acknowledge` is awaited after each commit that changed something. What it throws is thrown; the commit stands. */
export function acknowledging(engine: Engine, acknowledge: () => Promise<void>): Engine {
  return {
    dialect: engine.dialect,
    read: engine.read,
    signals: engine.signals,
    freshness: engine.freshness,
    checkRoom: () => engine.checkRoom(),
    ping: () => engine.ping(),
    facts: () => engine.facts(),
    close: () => engine.close(),
    async transact<T>(work: Work<T>): Promise<T> {
      let changed = false;
      const value = await engine.transact((connection) => {
        changed = false;
        return work(
          noting(connection, () => {
            changed = true;
          }),
        );
      });
      if (changed) await acknowledge();
      return value;
    },
  };
}

function noting(connection: Connection, note: () => void): Connection {
  return {
    async all(statement, parameters) {
      const rows = await connection.all(statement, parameters);
      if (rows.length > 0 && !statement.text.startsWith("SELECT")) note();
      return rows;
    },
    async get(statement, parameters) {
      const row = await connection.get(statement, parameters);
      if (row !== undefined && !statement.text.startsWith("SELECT")) note();
      return row;
    },
    async run(statement, parameters) {
      const count = await connection.run(statement, parameters);
      if (count > 0) note();
      return count;
    },
    lock: (statement, parameters) => connection.lock(statement, parameters),
    afterCommit: (effect) => connection.afterCommit(effect),
  };
}
