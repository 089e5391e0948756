/**
 * What buckets and objects take up, and what a delete of them frees. A blob's ref_count is the number of objects that
 * refer to it: when all of them are among those that are looked at, nothing else holds it.
 */
import type { Place } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import { afterKey, prefixRange } from "./key-range.ts";

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

/** So many rows in one statement: on SQLite other reads wait for it. */
const PAGE = 2000;
const columns = `objects.key AS key, objects.blob_id AS blob_id, objects.size AS size, blobs.size AS blob_size,
  blobs.ref_count AS ref_count`;
const selectPage = statement<CountedRow>(
  "footprint-page",
  `SELECT ${columns} FROM objects JOIN blobs ON blobs.id = objects.blob_id
  WHERE objects.bucket_id = ? AND objects.is_latest = 1 AND objects.is_delete_marker = 0
    AND objects.key >= ? AND objects.key < ? ORDER BY objects.key LIMIT ?`,
);
const ownNames = `(SELECT id, bucket_id, key, is_latest, owner_id FROM objects WHERE blob_id = ? LIMIT ?) AS objects
  JOIN buckets ON buckets.id = objects.bucket_id
  WHERE objects.is_latest = 1 AND objects.owner_id IS NULL AND buckets.account_id = ?`;
const selectNames = statement<Name>("blob-names", `SELECT buckets.name AS bucket, objects.key AS key FROM ${ownNames}`);
const selectNamesIn = statement<Name>(
  "blob-names-in",
  `SELECT buckets.name AS bucket, objects.key AS key FROM ${ownNames}
    AND buckets.name = ? AND objects.key >= ? AND objects.key < ?`,
);
const selectReferences = statement<{ ref_count: number }>(
  "blob-references",
  "SELECT ref_count FROM blobs WHERE id = ?",
);

interface CountedRow {
  readonly key: string;
  readonly blob_id: number;
  readonly size: number;
  readonly blob_size: number;
  readonly ref_count: number;
}

export class Footprints {
  readonly #context: MetadataContext;
  /** The last walk over a bucket that was asked for; never rejects. */
  #walk: Promise<unknown> = Promise.resolve();

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * Exact while nothing is written. Walks every object of the bucket, a page at a time: 10 to 20 s for a million.
   * Holds about 50 bytes in memory for each blob that objects elsewhere refer to as well. One walk at a time, or many
   * would keep the database from everybody else. Rejects with the signal's reason when that aborts.
   */
  ofBucket(bucketId: number, signal?: AbortSignal): Promise<Footprint> {
    const walk = this.#walk.then(async () => {
      const { truncated: _, ...footprint } = await this.ofPrefix(bucketId, "", Number.POSITIVE_INFINITY, signal);
      return footprint;
    });
    this.#walk = walk.catch(() => undefined);
    return walk;
  }

  /** Of the first `limit` objects with this prefix, in byte order of key. `truncated`: there are more. */
  async ofPrefix(
    bucketId: number,
    prefix: string,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Footprint & { readonly truncated: boolean }> {
    const { to } = prefixRange(prefix, undefined);
    const tally = new Tally();
    for (let from = prefix; ; ) {
      signal?.throwIfAborted();
      const rows = await this.#context.engine.read.all(selectPage, [bucketId, from, to, PAGE]);
      for (const row of rows) {
        if (tally.objects >= limit) return { ...tally.footprint, truncated: true };
        tally.add(row);
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return { ...tally.footprint, truncated: false };
      from = afterKey(last.key);
    }
  }

  /** Of the objects under these keys; a key twice counts once, one without an object does not count. */
  async ofKeys(bucketId: number, keys: readonly string[]): Promise<Footprint> {
    const rows = await this.#context.engine.read.query<CountedRow>((knex) =>
      knex("objects")
        .join("blobs", "blobs.id", "objects.blob_id")
        .where({ bucket_id: bucketId, is_latest: 1, is_delete_marker: 0 })
        .whereIn("key", [...new Set(keys)])
        .select(knex.raw(columns)),
    );
    const tally = new Tally();
    for (const row of rows) tally.add(row);
    return tally.footprint;
  }

  /** How many objects, of whatever account, refer to the blob. */
  async references(blobId: number): Promise<number> {
    return (await this.#context.engine.read.get(selectReferences, [blobId]))?.ref_count ?? 0;
  }

  /**
   * Of the first `limit` objects that refer to the blob, whoever's they are: those in the account's own buckets,
   * written by itself, and within `places` where these are given.
   */
  async names(
    blobId: number,
    accountId: number,
    places: readonly Place[] | undefined,
    limit: number,
  ): Promise<readonly Name[]> {
    const { read } = this.#context.engine;
    if (places === undefined) return read.all(selectNames, [blobId, limit, accountId]);
    const found = await Promise.all(
      places.map(({ bucket, prefix }) => {
        const { from, to } = prefixRange(prefix, undefined);
        return read.all(selectNamesIn, [blobId, limit, accountId, bucket, from, to]);
      }),
    );
    // Places may overlap.
    const names = new Map(found.flat().map((name) => [`${name.bucket}/${name.key}`, name]));
    return [...names.values()];
  }
}

/** Adds objects up. A blob is forgotten when all that refer to it have been seen. */
class Tally {
  objects = 0;
  #logicalBytes = 0;
  #uniqueBytes = 0;
  #ownBytes = 0;
  /** How many objects were seen of blobs that more refer to. */
  readonly #partly = new Map<number, number>();

  add({ blob_id: id, size, blob_size: bytes, ref_count: references }: CountedRow): void {
    const seen = (this.#partly.get(id) ?? 0) + 1;
    this.objects++;
    this.#logicalBytes += size;
    if (seen === 1) this.#uniqueBytes += bytes;
    if (seen < references) this.#partly.set(id, seen);
    else {
      this.#ownBytes += bytes;
      this.#partly.delete(id);
    }
  }

  get footprint(): Footprint {
    return {
      objects: this.objects,
      logicalBytes: this.#logicalBytes,
      uniqueBytes: this.#uniqueBytes,
      ownBytes: this.#ownBytes,
    };
  }
}
