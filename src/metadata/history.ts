/**
 * What gateways did, step by step: one row a gateway and step, later one row a longer step for all of them, the old
 * ones deleted. A ring of bounded length.
 */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";

export interface HistoryRow {
  /** The start of the step. */
  readonly at: Date;
  /** One process; `ALL` where it is what all of them did. */
  readonly gateway: string;
  /** JSON. */
  readonly sample: string;
}

/** No gateway's name. */
const ALL = "";

const insert = statement<never>(
  "history-add",
  "INSERT INTO history (at, gateway, sample) VALUES (?, ?, ?) ON CONFLICT (at, gateway) DO NOTHING",
);
const selectSince = statement<{ at: number; gateway: string; sample: string }>(
  "history-since",
  "SELECT at, gateway, sample FROM history WHERE at >= ? ORDER BY at, gateway",
);
// More than gateways write between two sweeps, and so few that an index finds them.
const selectOld = statement<{ at: number; gateway: string }>(
  "history-old",
  "SELECT at, gateway FROM history WHERE at < ? ORDER BY at, gateway LIMIT 100",
);
const selectLoose = statement<{ at: number }>(
  "history-loose",
  "SELECT at FROM history WHERE at < ? AND gateway <> ? ORDER BY at, gateway LIMIT 1",
);
const takeBetween = statement<{ at: number; gateway: string; sample: string }>(
  "history-take",
  "DELETE FROM history WHERE at >= ? AND at < ? RETURNING at, gateway, sample",
);
const deleteOne = statement<never>("history-forget", "DELETE FROM history WHERE at = ? AND gateway = ?");

export class History {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** The first row of a gateway and step stays. */
  async add({ at, gateway, sample }: HistoryRow): Promise<void> {
    await this.#context.engine.transact((c) => c.run(insert, [at.getTime(), gateway, sample]));
  }

  /** Of steps that began then or later, in order of time. */
  async since(at: Date): Promise<readonly HistoryRow[]> {
    const rows = await this.#context.engine.read.all(selectSince, [at.getTime()]);
    return rows.map((row) => ({ ...row, at: new Date(row.at) }));
  }

  /**
   * Makes one row of the oldest rows of gateways within one step of `stepMs` that was over `before`, a multiple of it.
   * `join` makes a sample of theirs, in order of time. False: there are none.
   */
  fold(before: Date, stepMs: number, join: (samples: readonly string[]) => string): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      const loose = await c.get(selectLoose, [before.getTime(), ALL]);
      if (loose === undefined) return false;
      const start = Math.floor(loose.at / stepMs) * stepMs;
      const rows = await c.all(takeBetween, [start, start + stepMs]);
      // None: another gateway has just done it.
      if (rows.length === 0) return true;
      rows.sort((a, b) => a.at - b.at || (a.gateway < b.gateway ? -1 : 1));
      await c.run(insert, [start, ALL, join(rows.map(({ sample }) => sample))]);
      return true;
    });
  }

  /** Steps that began earlier, the oldest hundred rows. Returns how many were deleted. */
  forget(before: Date): Promise<number> {
    return this.#context.engine.transact(async (c) => {
      let count = 0;
      for (const { at, gateway } of await c.all(selectOld, [before.getTime()]))
        count += await c.run(deleteOne, [at, gateway]);
      return count;
    });
  }
}
