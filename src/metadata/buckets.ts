/** Buckets; each belongs to one account. */
import { S3Error } from "../errors.ts";
import type { Bucket, BucketSettings } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Reader, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { prefixRange } from "./key-range.ts";
import { type BucketRow, bucketColumns, toBucket, toSettings } from "./rows.ts";
import { forgetDeleted } from "./takeovers.ts";
import { dropEnded, type EndedUpload } from "./upload-completion.ts";

const insertBucket = statement<never>(
  "bucket-add",
  `INSERT INTO buckets (name, account_id, location, settings, created_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (name) DO NOTHING`,
);
const selectBucket = statement<BucketRow>(
  "bucket-find",
  `SELECT ${bucketColumns} FROM buckets JOIN accounts ON accounts.id = buckets.account_id WHERE buckets.name = ?`,
);
const selectAll = statement<BucketRow>(
  "buckets-all",
  `SELECT ${bucketColumns} FROM buckets JOIN accounts ON accounts.id = buckets.account_id
  WHERE buckets.name > ? ORDER BY buckets.name LIMIT ?`,
);
/** What no account but the owner has a grant on is left out by its text; access.ts decides about the rest. */
const selectReadable = statement<BucketRow>(
  "buckets-readable",
  `SELECT ${bucketColumns} FROM buckets JOIN accounts ON accounts.id = buckets.account_id
  WHERE buckets.name > ? AND (buckets.account_id = ? OR buckets.settings LIKE '%"acl":%')
  ORDER BY buckets.name LIMIT ?`,
);
const lockBucket = statement("bucket-lock", "SELECT id FROM buckets WHERE id = ? FOR UPDATE");
/**
 * The smallest key, because PostgreSQL finds that by the index: from the sixth time on it looks for just any object by
 * reading all of them, as it expects to meet one soon.
 */
const bucketState = statement<{ name: string; key: string | null }>(
  "bucket-state",
  `SELECT name, (SELECT MIN(key) FROM objects WHERE bucket_id = ?1 AND is_latest = 1) AS key
  FROM buckets WHERE id = ?1`,
);
const readSettings = statement<{ name: string; settings: string }>(
  "bucket-settings",
  "SELECT name, settings FROM buckets WHERE id = ?",
);
/** The smallest keys, as above. */
const firstKeys = statement<{ object: string | null; upload: string | null }>(
  "bucket-first-keys",
  `SELECT (SELECT MIN(key) FROM objects WHERE bucket_id = ?1 AND is_latest = 1) AS object,
    (SELECT MIN(key) FROM uploads WHERE bucket_id = ?1) AS upload`,
);
const saveSettings = statement<never>("bucket-settings-save", "UPDATE buckets SET settings = ? WHERE id = ?");
const endUploads = statement<EndedUpload>(
  "bucket-uploads-end",
  `DELETE FROM uploads WHERE upload_id IN (SELECT upload_id FROM uploads WHERE bucket_id = ? LIMIT ?)
  RETURNING storage_key, completing_until`,
);
const forgetCompleted = statement<never>(
  "bucket-completed-forget",
  `DELETE FROM completed_uploads WHERE upload_id IN (
    SELECT upload_id FROM completed_uploads WHERE bucket_id = ? LIMIT ?)`,
);
const deleteBucket = statement<never>("bucket-delete", "DELETE FROM buckets WHERE id = ?");

/** Each may have 10,000 parts. */
const UPLOADS_AT_ONCE = 20;
const RESULTS_AT_ONCE = 500;

export class Buckets {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Throws BucketAlreadyOwnedByYou or BucketAlreadyExists. */
  create(bucket: {
    readonly name: string;
    readonly accountId: number;
    readonly location: string;
    readonly settings: BucketSettings;
  }): Promise<Bucket> {
    const createdAt = this.#context.now().getTime();
    return this.#context.engine.transact(async (c) => {
      const made = await c.run(insertBucket, [
        bucket.name,
        bucket.accountId,
        bucket.location,
        JSON.stringify(bucket.settings),
        createdAt,
      ]);
      const stands = await readBucket(c, bucket.name);
      if (!stands)
        throw new S3Error("SlowDown", {}, { cause: new Error("the bucket was deleted while it was looked at") });
      if (made === 0)
        throw new S3Error(stands.owner.id === bucket.accountId ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
      c.afterCommit(() => this.#context.cache?.forgetBucket(bucket.name));
      return stands;
    });
  }

  /** Hot: prepared, cached exactly. */
  async find(name: string): Promise<Bucket | undefined> {
    const { cache, engine } = this.#context;
    if (cache?.bucket(name) && (await cache.isFresh())) {
      const known = cache.bucket(name);
      if (known) return known;
    }
    const epoch = cache?.epoch ?? 0;
    const bucket = await readBucket(engine.read, name);
    if (bucket) cache?.keepBucket(epoch, bucket);
    return bucket;
  }

  /** One account's buckets in byte order of name; `after` exclusive. `names`: only these. */
  async list(
    accountId: number,
    page: {
      readonly prefix?: string;
      readonly after?: string;
      readonly names?: readonly string[];
      readonly limit?: number;
    } = {},
  ): Promise<readonly Bucket[]> {
    const { from, to } = prefixRange(page.prefix ?? "", page.after);
    const rows = await this.#context.engine.read.query<BucketRow>((knex) => {
      const query = knex("buckets")
        .join("accounts", "accounts.id", "buckets.account_id")
        .select(knex.raw(bucketColumns));
      query
        .where("buckets.account_id", accountId)
        .where("buckets.name", ">=", from)
        .where("buckets.name", "<", to)
        .orderBy("buckets.name");
      if (page.names !== undefined) query.whereIn("buckets.name", page.names);
      return page.limit === undefined ? query : query.limit(page.limit);
    });
    return rows.map(toBucket);
  }

  /**
   * Every account's buckets in byte order of name; `after` exclusive. `reader`: an account's id; those are left out
   * that are neither its own nor have any grant.
   */
  async listAll({
    after = "",
    limit,
    reader,
  }: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly reader?: number | undefined;
  }): Promise<readonly Bucket[]> {
    const { read } = this.#context.engine;
    const rows =
      reader === undefined
        ? await read.all(selectAll, [after, limit])
        : await read.all(selectReadable, [after, reader, limit]);
    return rows.map(toBucket);
  }

  /**
   * `change` may run several times, each time on the current settings. Throws NoSuchBucket; InvalidBucketState where
   * what the bucket holds, or is being uploaded, may stand outside of the regions that it would have.
   */
  async updateSettings(bucketId: number, change: (settings: BucketSettings) => BucketSettings): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      await c.lock(lockBucket, [bucketId]);
      const row = await c.get(readSettings, [bucketId]);
      if (!row) throw new S3Error("NoSuchBucket");
      const before = toSettings(row.settings);
      const after = change(before);
      if (isNarrower(after, before)) {
        const first = await c.get(firstKeys, [bucketId]);
        if ((first?.object ?? first?.upload ?? null) !== null) throw notEmpty();
      }
      await c.run(saveSettings, [JSON.stringify(after), bucketId]);
      const now = this.#context.now();
      if (after.copies !== before.copies) await addJob(c, { kind: "recount-bucket", bucketId }, now, now);
      c.afterCommit(() => this.#context.cache?.forgetBucket(row.name));
    });
  }

  /**
   * Throws NoSuchBucket; BucketNotEmpty while it holds an object. Aborts unfinished uploads (their bytes become drop
   * jobs), a few in each transaction; those ended so far stay ended when an object is written meanwhile.
   */
  async delete(bucketId: number): Promise<void> {
    while (!(await this.#deleteSome(bucketId)));
  }

  /** True when the bucket is deleted, false when there is more to do. */
  #deleteSome(bucketId: number): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockBucket, [bucketId]);
      const state = await c.get(bucketState, [bucketId]);
      if (!state) throw new S3Error("NoSuchBucket");
      if (state.key !== null) throw new S3Error("BucketNotEmpty");
      const uploads = await c.all(endUploads, [bucketId, UPLOADS_AT_ONCE]);
      for (const ended of uploads) await dropEnded(c, ended, now);
      if (uploads.length === UPLOADS_AT_ONCE) return false;
      if ((await c.run(forgetCompleted, [bucketId, RESULTS_AT_ONCE])) === RESULTS_AT_ONCE) return false;
      if ((await c.run(forgetDeleted, [bucketId, RESULTS_AT_ONCE])) === RESULTS_AT_ONCE) return false;
      await c.run(deleteBucket, [bucketId]);
      c.afterCommit(() => this.#context.cache?.forgetBucket(state.name));
      return true;
    });
  }
}

/** Would bytes that were right before be out of place? */
function isNarrower({ placement: after }: BucketSettings, { placement: before }: BucketSettings): boolean {
  if (typeof after !== "object") return false;
  return typeof before !== "object" || !before.regions.every((region) => after.regions.includes(region));
}

function notEmpty(): S3Error {
  return new S3Error("InvalidBucketState", {
    message:
      "Only a bucket without objects and unfinished uploads can be restricted to fewer regions: " +
      "what it holds may stand elsewhere. Copy its objects to a new bucket instead.",
  });
}

async function readBucket(reader: Pick<Reader, "get">, name: string): Promise<Bucket | undefined> {
  const row = await reader.get(selectBucket, [name]);
  return row && toBucket(row);
}
