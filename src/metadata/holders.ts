/**
 * Which backends hold what: blobs counted by the set of backends that hold a verified replica of them. Triggers keep
 * the count with each change (migration 005), so it is exact and nothing is walked to know it.
 */
import type { Wanted } from "../wanted.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { regionsText, wantedIn } from "./rows.ts";

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
  /** What each of these blobs should have. */
  readonly wanted?: Wanted;
}

export interface BucketShare {
  readonly bucket: string;
  readonly objects: number;
  /** Sum of the objects' sizes. */
  readonly bytes: number;
}

/** All blobs with the same holders: those that objects refer to, or those that none does any more. */
export interface Holding extends HolderSet {
  readonly isReferenced: boolean;
  /** Sum of the objects' sizes. */
  readonly logicalBytes: number;
}

interface HoldingRow extends Amount {
  readonly holders: string;
  readonly copies: number;
  readonly regions: string;
  readonly referenced: number;
  readonly logical_bytes: number;
}

const keys = "holders, copies, regions, referenced";
const sums = ["blobs", "objects", "bytes", "logical_bytes"].map((name) => `CAST(SUM(${name}) AS BIGINT) AS ${name}`);
const selectHoldings = statement<HoldingRow>(
  "holdings",
  `SELECT ${keys}, ${sums.join(", ")} FROM (
    SELECT ${keys}, blobs, objects, bytes, logical_bytes FROM holdings UNION ALL
    SELECT ${keys}, blobs, objects, bytes, logical_bytes FROM holding_changes) AS counted
  GROUP BY ${keys} HAVING SUM(blobs) > 0 ORDER BY ${keys}`,
);
const takeChanges = statement<HoldingRow>(
  "holding-changes-take",
  `DELETE FROM holding_changes WHERE id IN (SELECT id FROM holding_changes ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
  RETURNING ${keys}, blobs, objects, bytes, logical_bytes`,
);
const addHolding = statement<never>(
  "holding-add",
  `INSERT INTO holdings (${keys}, blobs, objects, bytes, logical_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (${keys}) DO UPDATE SET blobs = holdings.blobs + excluded.blobs,
    objects = holdings.objects + excluded.objects, bytes = holdings.bytes + excluded.bytes,
    logical_bytes = holdings.logical_bytes + excluded.logical_bytes`,
);
const lastOfPage = statement<{ last: number; blobs: number }>(
  "holders-page",
  `SELECT COALESCE(MAX(id), 0) AS last, COUNT(*) AS blobs
  FROM (SELECT id FROM blobs WHERE id > ?1 ORDER BY id LIMIT ?2) AS page`,
);
const bucketsOfPage = statement<BucketShare>(
  "holders-buckets",
  `SELECT buckets.name AS bucket, COUNT(*) AS objects, CAST(SUM(objects.size) AS BIGINT) AS bytes
  FROM blobs JOIN objects ON objects.blob_id = blobs.id JOIN buckets ON buckets.id = objects.bucket_id
  WHERE blobs.id > ?1 AND blobs.id <= ?2 AND blobs.ref_count > 0
    AND instr(?3, '|' || blobs.holders || '/' || blobs.copies || '/' || blobs.regions || '|') > 0
  GROUP BY buckets.name`,
);
const countLost = statement<{ backend: string; lost: number }>(
  "holders-lost",
  `SELECT backend, COUNT(*) AS lost FROM replicas WHERE state <> 'verified' AND state <> 'reader'
  GROUP BY backend ORDER BY backend`,
);
const readerBytes = statement<{ backend: string; bytes: number }>(
  "holders-readers",
  `SELECT replicas.backend AS backend, CAST(SUM(blobs.size) AS BIGINT) AS bytes
  FROM replicas JOIN blobs ON blobs.id = replicas.blob_id
  WHERE replicas.state = 'reader' GROUP BY replicas.backend ORDER BY replicas.backend`,
);
const selectOne = statement<{ storage_key: string; size: number }>(
  "holders-one",
  `SELECT blobs.storage_key AS storage_key, blobs.size AS size FROM replicas JOIN blobs ON blobs.id = replicas.blob_id
  WHERE replicas.backend = ? AND replicas.state = 'verified' AND blobs.ref_count > 0 AND blobs.size > 0 LIMIT 1`,
);

/** Blobs a query. */
const PAGE = 50_000;
/** Rows in one transaction. */
const CHANGES = 10_000;

export class Holders {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Everything that is stored, counted as of one moment. Its cost grows with the number of sets only. */
  async all(): Promise<readonly Holding[]> {
    return (await this.#context.engine.read.all(selectHoldings, [])).map(
      ({ holders, copies, regions, referenced, logical_bytes: logicalBytes, ...amount }) => ({
        ...{ backends: namesIn(holders), ...wantedIn(copies, regions) },
        ...{ isReferenced: referenced === 1, logicalBytes, ...amount },
      }),
    );
  }

  /** What objects refer to, by the backends that hold it. */
  async sets(): Promise<readonly HolderSet[]> {
    return (await this.all()).filter(({ isReferenced }) => isReferenced);
  }

  /**
   * In order of name: what buckets have in these sets; a bucket without any is not named. Walks all blobs page by page,
   * each page a query of its own, and is exact while nothing is written.
   */
  async byBucket(
    sets: readonly Pick<HolderSet, "backends" | "wanted">[],
    page = PAGE,
  ): Promise<readonly BucketShare[]> {
    const buckets = new Map<string, BucketShare>();
    if (sets.length === 0) return [];
    const texts = `|${sets.map(textOf).join("|")}|`;
    for (let after = 0; ; ) {
      const { last = 0, blobs = 0 } = (await this.#context.engine.read.get(lastOfPage, [after, page])) ?? {};
      for (const share of await this.#context.engine.read.all(bucketsOfPage, [after, last, texts]))
        buckets.set(share.bucket, add(share, buckets.get(share.bucket)));
      if (blobs < page) break;
      after = last;
    }
    return [...buckets.values()].sort((a, b) => (a.bucket < b.bucket ? -1 : 1));
  }

  /** Adds the changes up, so that there are few to read; true: there may be more of them. */
  addUp(limit = CHANGES): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      const changes = await c.all(takeChanges, [limit]);
      const grown = new Map<string, HoldingRow>();
      for (const change of changes) {
        const set = `${change.referenced} ${change.copies} ${change.regions}/${change.holders}`;
        const before = grown.get(set);
        const logical = (before?.logical_bytes ?? 0) + change.logical_bytes;
        grown.set(set, { ...change, ...sum(before ? [before, change] : [change]), logical_bytes: logical });
      }
      for (const [, row] of [...grown].sort(([a], [b]) => (a < b ? -1 : 1)))
        await c.run(addHolding, [
          ...[row.holders, row.copies, row.regions, row.referenced],
          ...[row.blobs, row.objects, row.bytes, row.logical_bytes],
        ]);
      return changes.length === limit;
    });
  }

  /** Replicas that are not good, by backend, in order: made anew, or taken away, later. */
  lost(): Promise<readonly { readonly backend: string; readonly lost: number }[]> {
    return this.#context.engine.read.all(countLost, []);
  }

  /** Bytes of the copies that are kept for readers only, by backend. */
  async forReaders(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#context.engine.read.all(readerBytes, []);
    return new Map(rows.map(({ backend, bytes }) => [backend, bytes]));
  }

  /** Any blob of which this backend holds a verified replica; not an empty one. */
  async anyOn(backend: string): Promise<{ readonly storageKey: string; readonly size: number } | undefined> {
    const row = await this.#context.engine.read.get(selectOne, [backend]);
    return row && { storageKey: row.storage_key, size: row.size };
  }
}

/** As `bucketsOfPage` compares it. */
function textOf({ backends, wanted }: Pick<HolderSet, "backends" | "wanted">): string {
  return `${backends.join(" ")}/${wanted?.copies ?? 0}/${regionsText(wanted)}`;
}

function namesIn(holders: string): readonly string[] {
  return holders === "" ? [] : holders.split(" ");
}

export function sum(amounts: readonly Amount[]): Amount {
  const total = { blobs: 0, objects: 0, bytes: 0 };
  for (const { blobs, objects, bytes } of amounts) {
    total.blobs += blobs;
    total.objects += objects;
    total.bytes += bytes;
  }
  return total;
}

function add(share: BucketShare, other: BucketShare | undefined): BucketShare {
  const { bucket, objects, bytes } = share;
  return { bucket, objects: objects + (other?.objects ?? 0), bytes: bytes + (other?.bytes ?? 0) };
}
