/** Storage figures: a few aggregate queries, each of its own moment. */
import type { Knex } from "knex";
import type { MetadataContext } from "./context.ts";
import { type Statement, statement } from "./engine.ts";

export interface StatsReport {
  readonly buckets: number;
  readonly objects: number;
  readonly blobs: number;
  /** Good copies: verified, on backends that count. */
  readonly replicas: number;
  /** Sum of object sizes. */
  readonly logicalBytes: number;
  /** Sum of blob sizes, one copy each, of blobs that are referenced. */
  readonly uniqueBytes: number;
  /** Sum over good copies. */
  readonly storedBytes: number;
  /** logicalBytes / uniqueBytes; 1 when empty. */
  readonly dedupRatio: number;
  /** Referenced blobs with fewer good copies than `copies`. */
  readonly underReplicated: number;
  readonly reclaimableBytes: number;
}

const objectTotals = statement<{ buckets: number; objects: number; logical_bytes: number }>(
  "stats-objects",
  `SELECT (SELECT COUNT(*) FROM buckets) AS buckets, COUNT(*) AS objects,
    CAST(COALESCE(SUM(size), 0) AS BIGINT) AS logical_bytes
  FROM objects WHERE is_delete_marker = 0`,
);
const blobTotals = statement<{ blobs: number; unique_bytes: number; reclaimable_bytes: number }>(
  "stats-blobs",
  `SELECT COUNT(CASE WHEN ref_count > 0 THEN 1 END) AS blobs,
    CAST(COALESCE(SUM(CASE WHEN ref_count > 0 THEN size END), 0) AS BIGINT) AS unique_bytes,
    CAST(COALESCE(SUM(CASE WHEN ref_count = 0 THEN size END), 0) AS BIGINT) AS reclaimable_bytes FROM blobs`,
);

export class Stats {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * `copies`: how many good copies a blob should have. `present`: the backends whose replicas count; undefined: all.
   */
  async report(copies: number, present?: readonly string[]): Promise<StatsReport> {
    const { read } = this.#context.engine;
    const objects = await read.get(long(objectTotals), []);
    const blobs = await read.get(long(blobTotals), []);
    const [replicas] = await read.query<{ replicas: number; stored_bytes: number }>((knex) =>
      goodReplicas(knex, present)
        .join("blobs", "blobs.id", "replicas.blob_id")
        .count({ replicas: "*" })
        .select(knex.raw("CAST(COALESCE(SUM(blobs.size), 0) AS BIGINT) AS stored_bytes")),
    );
    const [under] = await read.query<{ blobs: number }>((knex) => {
      const good = goodReplicas(knex, present).count("*").whereRaw("replicas.blob_id = blobs.id");
      return knex("blobs")
        .where("ref_count", ">", 0)
        .whereRaw("CAST(? AS BIGINT) > ?", [copies, good])
        .count({ blobs: "*" });
    });
    if (!objects || !blobs || !replicas || !under) throw new Error("an aggregate query gave no row");
    return {
      buckets: objects.buckets,
      objects: objects.objects,
      blobs: blobs.blobs,
      replicas: replicas.replicas,
      logicalBytes: objects.logical_bytes,
      uniqueBytes: blobs.unique_bytes,
      storedBytes: replicas.stored_bytes,
      dedupRatio: blobs.unique_bytes === 0 ? 1 : objects.logical_bytes / blobs.unique_bytes,
      underReplicated: under.blobs,
      reclaimableBytes: blobs.reclaimable_bytes,
    };
  }
}

function goodReplicas(knex: Knex, present: readonly string[] | undefined): Knex.QueryBuilder {
  const verified = knex("replicas").where("replicas.state", "verified");
  return present === undefined ? verified : verified.whereIn("replicas.backend", present);
}

/** An aggregate over everything: as long as the server lets a statement run. */
function long<Row>(aggregate: Statement<Row>): Statement<Row> {
  return { ...aggregate, timeoutMs: 65_000 };
}
