/** Objects: a key, its attributes, and its blob. One row per version; only the version "null" is written. */
import { S3Error } from "../errors.ts";
import type { Bucket, FoundObject, ObjectAttributes, StoredObject } from "../model.ts";
import { dropReference } from "./content.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { compareKeys } from "./key-range.ts";
import { takeKey } from "./key-reservations.ts";
import { type Listing, type ListPage, listObjects } from "./object-listing.ts";
import {
  changeAttributes,
  checkTaken,
  checkWriteCondition,
  type NewObject,
  readCurrent,
  replaceCurrent,
} from "./object-writing.ts";
import {
  type BlobRow,
  type BucketRow,
  blobColumns,
  bucketColumns,
  type ObjectRow,
  objectColumns,
  toBlob,
  toBucket,
  toStoredObject,
} from "./rows.ts";

export interface DeleteCondition {
  /** `*` or an ETag without quotes. */
  readonly ifMatch?: string;
  readonly ifSize?: number;
  /** Compared to the second, as HTTP dates are. */
  readonly ifModifiedAt?: Date;
}

type FindRow = BucketRow & { readonly [Column in keyof ObjectRow]: ObjectRow[Column] | null } & {
  readonly [Column in keyof BlobRow]: BlobRow[Column] | null;
};
type WholeRow = BucketRow & ObjectRow & BlobRow;

const findObject = statement<FindRow>(
  "object-find",
  `SELECT ${bucketColumns}, ${objectColumns}, ${blobColumns}
  FROM buckets JOIN accounts ON accounts.id = buckets.account_id
  LEFT JOIN objects ON objects.bucket_id = buckets.id AND objects.key = ?
    AND objects.is_latest = 1 AND objects.is_delete_marker = 0
  LEFT JOIN blobs ON blobs.id = objects.blob_id
  WHERE buckets.name = ?`,
);
const deleteObject = statement<{ blob_id: number | null }>(
  "object-delete",
  "DELETE FROM objects WHERE bucket_id = ? AND key = ? AND is_latest = 1 RETURNING blob_id",
);

const rememberDeleted = statement<never>(
  "old-key-delete",
  `INSERT INTO old_keys_deleted (bucket_id, key) SELECT id, ? FROM buckets WHERE id = ?
  ON CONFLICT (bucket_id, key) DO NOTHING`,
);

export interface Found {
  readonly bucket: Bucket | undefined;
  readonly found: FoundObject | undefined;
}

export class Objects {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * Hot: ONE query (object, blob and replicas, prepared once), behind the exact cache. `undefined` bucket: no such
   * bucket; `found` undefined: no such key.
   */
  async find(bucket: string, key: string): Promise<Found> {
    const { cache } = this.#context;
    if (cache && this.#remembered(bucket, key)) {
      const fresh = cache.isFresh();
      if (fresh === true || (fresh !== false && (await fresh))) {
        const found = this.#remembered(bucket, key);
        if (found) return { bucket: found.bucket, found };
      }
    }
    return this.#look(bucket, key);
  }

  /**
   * One transaction: checks the condition, makes or references the blob, drops the old object's reference, releases the
   * reserved key, adds jobs (copy when replicas < copies, digest when the digest is unknown, drop for bytes not
   * needed).
   * Throws PreconditionFailed, also for one that is brought where a client wrote or deleted the key; NoSuchKey for
   * ifMatch on a missing key; NoSuchBucket when it was deleted meanwhile; SlowDown when a known blob was reclaimed
   * meanwhile, or the reservation of fresh bytes lapsed.
   */
  put(object: NewObject): Promise<StoredObject> {
    return this.#context.engine.transact(async (c) => {
      const current = await readCurrent(c, object.bucketId, object.key);
      checkWriteCondition(current, object.condition);
      await checkTaken(c, current, object);
      if (object.content.kind === "fresh" && !(await takeKey(c, object.content.storageKey))) {
        throw new S3Error("SlowDown", {}, { cause: new Error(`the key ${object.content.storageKey} is not reserved`) });
      }
      return replaceCurrent(c, this.#context, current, object);
    });
  }

  /**
   * Changes the attributes of the object that was found. False, and nothing changed, when it was overwritten or deleted
   * meanwhile. `change` may run several times, each time on the current attributes. Throws NoSuchBucket.
   */
  updateAttributes(
    bucketId: number,
    object: StoredObject,
    change: (attributes: ObjectAttributes) => ObjectAttributes,
  ): Promise<boolean> {
    return this.#context.engine.transact((c) => changeAttributes(c, this.#context, bucketId, object, change));
  }

  /**
   * True when there was one; S3's DELETE succeeds either way. `remembers`: the bucket takes another over, whose object
   * of this key counts as deleted from now on. Throws PreconditionFailed when there is an object that
   * does not meet the condition.
   */
  async delete(bucketId: number, key: string, condition: DeleteCondition = {}, remembers = false): Promise<boolean> {
    const [outcome] = await this.#deleteAll(bucketId, [{ key, ...condition }], remembers);
    if (outcome === "precondition-failed") throw new S3Error("PreconditionFailed");
    return outcome === "deleted";
  }

  /** One transaction for all; one outcome each, in order. A missing key counts as deleted. */
  async deleteMany(
    bucketId: number,
    keys: readonly ({ readonly key: string } & DeleteCondition)[],
    remembers = false,
  ): Promise<readonly ("deleted" | "precondition-failed")[]> {
    const outcomes = await this.#deleteAll(bucketId, keys, remembers);
    return outcomes.map((outcome) => (outcome === "absent" ? "deleted" : outcome));
  }

  /** Skips from prefix to prefix by index seeks: a page costs the same in a bucket of ten million. */
  list(bucketId: number, page: ListPage): Promise<Listing> {
    return listObjects(this.#context.engine.read, bucketId, page);
  }

  #remembered(bucketName: string, key: string): FoundObject | undefined {
    const bucket = this.#context.cache?.bucket(bucketName);
    const entry = bucket && this.#context.cache?.object(bucket.id, key);
    return entry && { bucket, object: entry.object, blob: entry.blob };
  }

  async #look(bucketName: string, key: string): Promise<Found> {
    const { cache, engine } = this.#context;
    const epoch = cache?.epoch ?? 0;
    const row = (await engine.read.all(findObject, [key, bucketName]))[0];
    if (!row) return { bucket: undefined, found: undefined };
    const bucket = toBucket(row);
    cache?.keepBucket(epoch, bucket);
    if (!isWhole(row)) return { bucket, found: undefined };
    const object = toStoredObject(row);
    const blob = toBlob(row);
    cache?.keepObject(epoch, bucket.id, object, blob);
    return { bucket, found: { bucket, object, blob } };
  }

  #deleteAll(
    bucketId: number,
    keys: readonly ({ readonly key: string } & DeleteCondition)[],
    remembers: boolean,
  ): Promise<readonly ("deleted" | "absent" | "precondition-failed")[]> {
    return this.#context.engine.transact(async (c) => {
      const outcomes: ("deleted" | "absent" | "precondition-failed")[] = keys.map(() => "absent");
      const dropped: number[] = [];
      // Rows are locked in one order everywhere, so that two of these cannot deadlock.
      const ordered = [...keys.entries()].sort(([, a], [, b]) => compareKeys(a.key, b.key));
      for (const [index, { key, ...condition }] of ordered) {
        // Remembered first: what is brought at this moment is there by then. Under a condition the key is locked.
        const isLocked = isConditional(condition);
        if (remembers && !isLocked) await c.run(rememberDeleted, [key, bucketId]);
        const outcome = await this.#deleteOne(c, bucketId, key, condition, dropped);
        if (remembers && isLocked && outcome !== "precondition-failed") await c.run(rememberDeleted, [key, bucketId]);
        outcomes[index] = outcome;
      }
      for (const blobId of dropped.sort((a, b) => a - b)) await dropReference(c, this.#context, blobId);
      return outcomes;
    });
  }

  async #deleteOne(
    c: Connection,
    bucketId: number,
    key: string,
    condition: DeleteCondition,
    dropped: number[],
  ): Promise<"deleted" | "absent" | "precondition-failed"> {
    if (isConditional(condition)) {
      const current = await readCurrent(c, bucketId, key);
      if (current.object_id === null) return "absent";
      if (!fits(condition, current)) return "precondition-failed";
    }
    const row = await c.get(deleteObject, [bucketId, key]);
    if (!row) return "absent";
    if (row.blob_id !== null) dropped.push(row.blob_id);
    c.afterCommit(() => this.#context.cache?.forgetObject(bucketId, key));
    return "deleted";
  }
}

function isWhole(row: FindRow): row is WholeRow {
  return row.key !== null && row.blob_id !== null;
}

function isConditional(condition: DeleteCondition): boolean {
  return Object.values(condition).some((value) => value !== undefined);
}

function fits(
  condition: DeleteCondition,
  current: { readonly etag: string | null; readonly size: number | null; readonly modified_at: number | null },
): boolean {
  const { ifMatch, ifSize, ifModifiedAt } = condition;
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== current.etag) return false;
  if (ifSize !== undefined && ifSize !== current.size) return false;
  return (
    ifModifiedAt === undefined ||
    Math.floor(ifModifiedAt.getTime() / 1000) === Math.floor((current.modified_at ?? 0) / 1000)
  );
}

export type { Listing, ListPage } from "./object-listing.ts";
export type { NewObject } from "./object-writing.ts";
