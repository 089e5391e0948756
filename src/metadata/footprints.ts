/**
 * What buckets and objects take up, and what a delete of them frees. A blob's ref_count is the number of objects that
 * refer to it: when all of them are among those that are looked at, nothing else holds it.
 */
import type { Place } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { prefixRange } from "./key-range.ts";

/** Bytes; blobs count once each. */
export interface Footprint {
  readonly objects: number;
  readonly logicalBytes: number;
  readonly uniqueBytes: number;
  /** Of blobs that nothing but these objects refers to. */
  readonly ownBytes: number;
}

export interface Name {
  readonly bucket: string;
  readonly key: string;
}

/** `objects`: a table of blob_id and size, one row an object. */
const footprintOf = (objects: string) => `SELECT CAST(COALESCE(SUM(found.objects), 0) AS BIGINT) AS objects,
  CAST(COALESCE(SUM(found.bytes), 0) AS BIGINT) AS logical_bytes,
  CAST(COALESCE(SUM(blobs.size), 0) AS BIGINT) AS unique_bytes,
  CAST(COALESCE(SUM(CASE WHEN blobs.ref_count = found.objects THEN blobs.size ELSE 0 END), 0) AS BIGINT) AS own_bytes
  FROM (SELECT blob_id, COUNT(*) AS objects, SUM(size) AS bytes FROM ${objects} GROUP BY blob_id) AS found
  JOIN blobs ON blobs.id = found.blob_id`;
const live = "bucket_id = ? AND is_latest = 1 AND is_delete_marker = 0";
const ofBucket = statement<FootprintRow>("footprint-bucket", footprintOf(`objects WHERE ${live}`));
const ofRange = statement<FootprintRow>(
  "footprint-range",
  footprintOf(`(SELECT blob_id, size FROM objects WHERE ${live} AND key >= ? AND key < ? ORDER BY key LIMIT ?) AS one`),
);
const hasMore = statement<{ key: string }>(
  "footprint-more",
  `SELECT key FROM objects WHERE ${live} AND key >= ? AND key < ? ORDER BY key LIMIT 1 OFFSET ?`,
);
const ownNames = `objects JOIN buckets ON buckets.id = objects.bucket_id
  WHERE objects.blob_id = ? AND objects.is_latest = 1 AND objects.owner_id IS NULL AND buckets.account_id = ?`;
const selectNames = statement<Name>(
  "blob-names",
  `SELECT buckets.name AS bucket, objects.key AS key FROM ${ownNames} LIMIT ?`,
);
const selectNamesIn = statement<Name>(
  "blob-names-in",
  `SELECT buckets.name AS bucket, objects.key AS key FROM ${ownNames}
    AND buckets.name = ? AND objects.key >= ? AND objects.key < ? LIMIT ?`,
);
const selectReferences = statement<{ ref_count: number }>(
  "blob-references",
  "SELECT ref_count FROM blobs WHERE id = ?",
);

interface FootprintRow {
  readonly objects: number;
  readonly logical_bytes: number;
  readonly unique_bytes: number;
  readonly own_bytes: number;
}

export class Footprints {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * Exact. Walks every object of the bucket and looks up every blob once: about a second for a million objects, beside
   * other work; on PostgreSQL no longer than any statement may take, then it throws ServiceUnavailable.
   */
  async ofBucket(bucketId: number): Promise<Footprint> {
    return toFootprint(await this.#context.engine.read.get(ofBucket, [bucketId]));
  }

  /** Of the first `limit` objects with this prefix, in byte order of key. `truncated`: there are more. */
  async ofPrefix(
    bucketId: number,
    prefix: string,
    limit: number,
  ): Promise<Footprint & { readonly truncated: boolean }> {
    const { read } = this.#context.engine;
    const { from, to } = prefixRange(prefix, undefined);
    const found = toFootprint(await read.get(ofRange, [bucketId, from, to, limit]));
    const isFull = found.objects >= limit;
    return { ...found, truncated: isFull && (await read.get(hasMore, [bucketId, from, to, limit])) !== undefined };
  }

  /** Of the objects under these keys; a key twice counts once, one without an object does not count. */
  async ofKeys(bucketId: number, keys: readonly string[]): Promise<Footprint> {
    const rows = await this.#context.engine.read.query<KeyRow>((knex) =>
      knex("objects")
        .join("blobs", "blobs.id", "objects.blob_id")
        .where({ bucket_id: bucketId, is_latest: 1, is_delete_marker: 0 })
        .whereIn("key", [...new Set(keys)])
        .select(
          "blobs.id AS blob_id",
          "objects.size AS size",
          "blobs.size AS blob_size",
          "blobs.ref_count AS ref_count",
        ),
    );
    const blobs = new Map<number, { readonly row: KeyRow; objects: number }>();
    for (const row of rows) {
      const blob = blobs.get(row.blob_id);
      if (blob === undefined) blobs.set(row.blob_id, { row, objects: 1 });
      else blob.objects++;
    }
    const each = [...blobs.values()];
    return {
      objects: rows.length,
      logicalBytes: sum(rows.map(({ size }) => size)),
      uniqueBytes: sum(each.map(({ row }) => row.blob_size)),
      ownBytes: sum(each.map(({ row, objects }) => (row.ref_count === objects ? row.blob_size : 0))),
    };
  }

  /** How many objects, of whatever account, refer to the blob. */
  async references(blobId: number): Promise<number> {
    return (await this.#context.engine.read.get(selectReferences, [blobId]))?.ref_count ?? 0;
  }

  /**
   * Any objects that refer to the blob, `limit` at most: in the account's own buckets, written by itself, and within
   * `places` where these are given.
   */
  async names(
    blobId: number,
    accountId: number,
    places: readonly Place[] | undefined,
    limit: number,
  ): Promise<readonly Name[]> {
    const { read } = this.#context.engine;
    if (places === undefined) return read.all(selectNames, [blobId, accountId, limit]);
    const found = await Promise.all(
      places.map(({ bucket, prefix }) => {
        const { from, to } = prefixRange(prefix, undefined);
        return read.all(selectNamesIn, [blobId, accountId, bucket, from, to, limit]);
      }),
    );
    // Places may overlap.
    const names = new Map(found.flat().map((name) => [`${name.bucket}/${name.key}`, name]));
    return [...names.values()].slice(0, limit);
  }
}

interface KeyRow {
  readonly blob_id: number;
  readonly size: number;
  readonly blob_size: number;
  readonly ref_count: number;
}

function toFootprint(row: FootprintRow | undefined): Footprint {
  return {
    objects: row?.objects ?? 0,
    logicalBytes: row?.logical_bytes ?? 0,
    uniqueBytes: row?.unique_bytes ?? 0,
    ownBytes: row?.own_bytes ?? 0,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
