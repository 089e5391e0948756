/** Reads from regions far from all copies, added up over all gateways, and what is kept there for them. */
import type { ReadReplicaRule } from "../wanted.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { addJob } from "./jobs.ts";

/** Reads of a blob by clients to whose closest region no copy stands that is kept for safety. */
export interface FarReads {
  readonly blobId: number;
  readonly region: string;
  readonly reads: number;
  readonly rule: ReadReplicaRule;
}

const WINDOW_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const add = statement<{ reads: number }>(
  "read-demand-add",
  `INSERT INTO read_demand (blob_id, region, reads, since, until) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (blob_id, region) DO UPDATE SET
    reads = CASE WHEN read_demand.since <= ?6 THEN excluded.reads ELSE read_demand.reads + excluded.reads END,
    since = CASE WHEN read_demand.since <= ?6 THEN excluded.since ELSE read_demand.since END,
    until = excluded.until
  RETURNING reads`,
);
const selectOf = statement<{ region: string; until: number }>(
  "read-demand-of",
  "SELECT region, until FROM read_demand WHERE blob_id = ? AND until > ? ORDER BY region",
);
const takeOver = statement<{ blob_id: number }>(
  "read-demand-over",
  `DELETE FROM read_demand WHERE blob_id IN (SELECT blob_id FROM read_demand WHERE until <= ?1 LIMIT ?2) AND until <= ?1
  RETURNING blob_id`,
);
const AT_ONCE = 500;

export class ReadDemand {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** A region that has come to read often enough within a day gets a job that makes a copy there. */
  async record(all: readonly FarReads[]): Promise<void> {
    const ordered = [...all].sort((a, b) => a.blobId - b.blobId || (a.region < b.region ? -1 : 1));
    for (let at = 0; at < ordered.length; at += AT_ONCE) {
      const some = ordered.slice(at, at + AT_ONCE);
      const now = this.#context.now();
      await this.#context.engine.transact(async (c) => {
        for (const { blobId, region, reads, rule } of some) {
          const at = now.getTime();
          const until = at + rule.ttlHours * HOUR_MS;
          const after = await c.get(add, [blobId, region, reads, at, until, at - WINDOW_MS]);
          const isEnough =
            after !== undefined && after.reads >= rule.afterReads && after.reads - reads < rule.afterReads;
          if (isEnough) await addJob(c, { kind: "read-replica", blobId, region, max: rule.max }, now, now);
        }
      });
    }
  }

  /** The regions that read the blob of late, and until when a copy is kept there if they read no more. */
  async of(blobId: number): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.#context.engine.read.all(selectOf, [blobId, this.#context.now().getTime()]);
    return new Map(rows.map(({ region, until }) => [region, new Date(until)]));
  }

  /** Forgets the regions that read no more, and has removed what was kept for them. */
  async forgetOver(): Promise<void> {
    const now = this.#context.now();
    const forgetSome = () =>
      this.#context.engine.transact(async (c) => {
        const over = await c.all(takeOver, [now.getTime(), AT_ONCE]);
        for (const blobId of new Set(over.map(({ blob_id: id }) => id)))
          await addJob(c, { kind: "trim", blobId }, now, now);
        return over.length;
      });
    while ((await forgetSome()) > 0);
  }
}
