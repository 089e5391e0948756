/**
 * Which backends hold what: the blobs that objects refer to, counted by the set of backends that hold a verified
 * replica of them. Walks all blobs page by page, each page a query of its own and none in a transaction: for commands
 * and for a look every few minutes, never for a request.
 */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";

/** An amount of stored content. */
export interface Amount {
  readonly blobs: number;
  /** Objects that refer to them. */
  readonly objects: number;
  /** Of one copy each. */
  readonly bytes: number;
}

export interface HolderSet extends Amount {
  /** In byte order: each of these backends holds a verified replica of these blobs, and no other backend does. */
  readonly backends: readonly string[];
}

export interface BucketShare {
  readonly bucket: string;
  readonly objects: number;
  /** Sum of the objects' sizes. */
  readonly bytes: number;
}

export interface HolderCount {
  readonly sets: readonly HolderSet[];
  /** In order of name: what buckets have in the sets that are short; a bucket without any is not named. */
  readonly shortByBucket: readonly BucketShare[];
}

export interface CountOptions {
  /** Is this set of backends too small? */
  readonly isShort: (backends: readonly string[]) => boolean;
  /** Blobs a query. Default 50,000. */
  readonly page?: number;
  /** Waited for between two pages. */
  readonly pause?: () => Promise<void>;
}

interface SetRow {
  readonly holders: string;
  readonly blobs: number;
  readonly objects: number;
  readonly bytes: number;
  readonly last: number;
}

const held = `SELECT id, size, ref_count,
    COALESCE((SELECT CAST(json_group_array(backend ORDER BY backend) AS TEXT) FROM replicas
      WHERE replicas.blob_id = blobs.id AND replicas.state = 'verified'), '[]') AS holders
  FROM blobs WHERE ref_count > 0 AND id > ?1`;

const countPage = statement<SetRow>(
  "holders-page",
  `SELECT holders, COUNT(*) AS blobs, CAST(SUM(ref_count) AS BIGINT) AS objects, CAST(SUM(size) AS BIGINT) AS bytes,
    MAX(id) AS last
  FROM (${held} ORDER BY id LIMIT ?2) AS held GROUP BY holders`,
);
const bucketsOfPage = statement<BucketShare & { readonly holders: string }>(
  "holders-buckets",
  `SELECT held.holders AS holders, buckets.name AS bucket, COUNT(*) AS objects,
    CAST(SUM(objects.size) AS BIGINT) AS bytes
  FROM (${held} AND id <= ?2) AS held JOIN objects ON objects.blob_id = held.id
    JOIN buckets ON buckets.id = objects.bucket_id
  GROUP BY held.holders, buckets.name`,
);
const countLost = statement<{ backend: string; lost: number }>(
  "holders-lost",
  `SELECT backend, CAST(SUM(CASE WHEN state = 'verified' THEN 0 ELSE 1 END) AS BIGINT) AS lost
  FROM replicas GROUP BY backend ORDER BY backend`,
);
const selectOne = statement<{ storage_key: string; size: number }>(
  "holders-one",
  `SELECT blobs.storage_key AS storage_key, blobs.size AS size FROM replicas JOIN blobs ON blobs.id = replicas.blob_id
  WHERE replicas.backend = ? AND replicas.state = 'verified' AND blobs.ref_count > 0 AND blobs.size > 0 LIMIT 1`,
);

const PAGE = 50_000;

export class Holders {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Exact while nothing is written; what is written meanwhile is counted or not. */
  async count({ isShort, page = PAGE, pause }: CountOptions): Promise<HolderCount> {
    const sets = new Map<string, HolderSet>();
    const buckets = new Map<string, BucketShare>();
    const isShortRow = ({ holders }: { readonly holders: string }) => isShort(JSON.parse(holders));
    for (let after = 0; ; ) {
      const rows = await this.#context.engine.read.all(countPage, [after, page]);
      const last = Math.max(after, ...rows.map((row) => row.last));
      for (const { holders, ...amount } of rows) {
        const backends: readonly string[] = JSON.parse(holders);
        const name = backends.join(" ");
        sets.set(name, { backends, ...sum(amount, sets.get(name)) });
      }
      if (rows.some(isShortRow))
        for (const share of (await this.#context.engine.read.all(bucketsOfPage, [after, last])).filter(isShortRow))
          buckets.set(share.bucket, add(share, buckets.get(share.bucket)));
      if (rows.reduce((count, { blobs }) => count + blobs, 0) < page) break;
      after = last;
      await pause?.();
    }
    const shortByBucket = [...buckets.values()].sort((a, b) => (a.bucket < b.bucket ? -1 : 1));
    return { sets: [...sets.values()], shortByBucket };
  }

  /** Every backend that a replica names, in order, with those that are not good: made anew, or taken away, later. */
  lost(): Promise<readonly { readonly backend: string; readonly lost: number }[]> {
    return this.#context.engine.read.all(countLost, []);
  }

  /** Any blob of which this backend holds a verified replica; not an empty one. */
  async anyOn(backend: string): Promise<{ readonly storageKey: string; readonly size: number } | undefined> {
    const row = await this.#context.engine.read.get(selectOne, [backend]);
    return row && { storageKey: row.storage_key, size: row.size };
  }
}

function sum({ blobs, objects, bytes }: Amount, other: Amount = { blobs: 0, objects: 0, bytes: 0 }): Amount {
  return { blobs: blobs + other.blobs, objects: objects + other.objects, bytes: bytes + other.bytes };
}

function add(share: BucketShare, other: BucketShare | undefined): BucketShare {
  const { bucket, objects, bytes } = share;
  return { bucket, objects: objects + (other?.objects ?? 0), bytes: bytes + (other?.bytes ?? 0) };
}
