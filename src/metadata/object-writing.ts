/**
 * Writes one object row inside a transaction: reads the current row of its key, checks the conditions, replaces the
 * row.
 */
import { S3Error } from "../errors.ts";
import type { Checksum, ObjectAttributes, PartOfObject, StoredObject, WriteCondition } from "../model.ts";
import { moveReference } from "./content.ts";
import type { MetadataContext } from "./context.ts";
import { checkCopies } from "./copies-wanted.ts";
import { type Connection, statement } from "./engine.ts";
import { fromAttributes, toAttributes, toJson, toSettings } from "./rows.ts";
import type { Content } from "./stored-content.ts";

export interface NewObject {
  readonly bucketId: number;
  readonly key: string;
  readonly content: Content;
  /** The object's ETag; differs from the blob's when equal bytes were uploaded in other parts. */
  readonly etag: string;
  readonly attributes: ObjectAttributes;
  readonly checksum: Checksum | undefined;
  readonly parts: readonly PartOfObject[] | undefined;
  readonly condition: WriteCondition;
  /** Default: now. */
  readonly modifiedAt?: Date;
  /** It is brought from the bucket that this one takes over, in place of nothing, or of what was brought before. */
  readonly taken?: { readonly replaces: string | undefined };
}

/**
 * A deletion that is under way meets what is brought at this moment by this row: it remembers its key first, and has to
 * wait. 0: it was quicker.
 */
const holdDeleted = statement<never>(
  "old-key-hold",
  "INSERT INTO old_keys_deleted (bucket_id, key) VALUES (?, ?) ON CONFLICT (bucket_id, key) DO NOTHING",
);
const freeDeleted = statement<never>("old-key-free", "DELETE FROM old_keys_deleted WHERE bucket_id = ? AND key = ?");

/** The current row of a key; `object_id` null: none. */
export interface CurrentRow {
  readonly bucket_name: string;
  readonly bucket_settings: string;
  readonly object_id: number | null;
  readonly etag: string | null;
  readonly size: number | null;
  readonly modified_at: number | null;
  readonly blob_id: number | null;
  readonly owner_id: number | null;
}

/** Only one writer of a key at a time; its bucket cannot be deleted meanwhile. */
const lockKey = statement(
  "object-key-lock",
  "SELECT pg_advisory_xact_lock(hashtextextended(?, ?)) FROM buckets WHERE id = ? FOR KEY SHARE",
);
const lockRow = statement(
  "object-row-lock",
  "SELECT id FROM objects WHERE bucket_id = ? AND key = ? AND is_latest = 1 FOR UPDATE",
);
const selectCurrent = statement<CurrentRow>(
  "object-current",
  `SELECT buckets.name AS bucket_name, buckets.settings AS bucket_settings, objects.id AS object_id,
    objects.etag AS etag, objects.size AS size, objects.modified_at AS modified_at,
    objects.blob_id AS blob_id, objects.owner_id AS owner_id
  FROM buckets LEFT JOIN objects ON objects.bucket_id = buckets.id AND objects.key = ?
    AND objects.is_latest = 1 AND objects.is_delete_marker = 0
  WHERE buckets.id = ?`,
);
const insertObject = statement<never>(
  "object-add",
  `INSERT INTO objects (blob_id, size, etag, modified_at, attributes, owner_id, copies, checksum, parts,
    bucket_id, key, version_id, is_latest, is_delete_marker)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'null', 1, 0)`,
);
const updateObject = statement<never>(
  "object-replace",
  `UPDATE objects SET blob_id = ?, size = ?, etag = ?, modified_at = ?, attributes = ?, owner_id = ?, copies = ?,
    checksum = ?, parts = ?
  WHERE id = ?`,
);
const selectAttributes = statement<{ attributes: string }>(
  "object-attributes",
  "SELECT attributes FROM objects WHERE id = ?",
);
const saveAttributes = statement<never>("object-attributes-save", "UPDATE objects SET attributes = ? WHERE id = ?");

const selectRegions = statement<{ regions: string }>("blob-regions", "SELECT regions FROM blobs WHERE id = ?");

/** Throws NoSuchBucket. Until the transaction ends nobody else changes this key. */
export async function readCurrent(c: Connection, bucketId: number, key: string): Promise<CurrentRow> {
  await c.lock(lockKey, [key, bucketId, bucketId]);
  await c.lock(lockRow, [bucketId, key]);
  const current = await c.get(selectCurrent, [key, bucketId]);
  if (!current) throw new S3Error("NoSuchBucket");
  return current;
}

/** Throws PreconditionFailed, or NoSuchKey for ifMatch when there is no object. */
export function checkWriteCondition(current: CurrentRow, condition: WriteCondition): void {
  const { ifMatch, ifNoneMatch } = condition;
  if (ifMatch !== undefined) {
    if (current.object_id === null) throw new S3Error("NoSuchKey");
    if (ifMatch !== "*" && ifMatch !== current.etag)
      throw new S3Error("PreconditionFailed", { elements: { Condition: "If-Match" } });
  }
  if (ifNoneMatch !== undefined && current.object_id !== null)
    throw new S3Error("PreconditionFailed", { elements: { Condition: "If-None-Match" } });
}

/**
 * Was an object deleted here before it came? Throws InvalidBucketState after the takeover's end: what is deleted then
 * is not remembered any more.
 */
export async function wasDeleted(c: Connection, current: CurrentRow, bucketId: number, key: string): Promise<boolean> {
  if (toSettings(current.bucket_settings).takesOver === undefined)
    throw new S3Error("InvalidBucketState", { message: "The bucket takes nothing over any more." });
  if ((await c.run(holdDeleted, [bucketId, key])) === 0) return true;
  await c.run(freeDeleted, [bucketId, key]);
  return false;
}

/** What a client has written or deleted here stays. Throws PreconditionFailed; otherwise as `wasDeleted`. */
export async function checkTaken(c: Connection, current: CurrentRow, object: NewObject): Promise<void> {
  if (object.taken === undefined) return;
  const { replaces } = object.taken;
  if (await wasDeleted(c, current, object.bucketId, object.key)) throw new S3Error("PreconditionFailed");
  if (current.object_id === null && replaces === undefined) return;
  const row = current.object_id === null ? undefined : await c.get(selectAttributes, [current.object_id]);
  const stands = row && toAttributes(row.attributes, undefined);
  if (current.etag !== replaces || stands?.brought === undefined) throw new S3Error("PreconditionFailed");
}

/**
 * The bucket's regions may have been set while the bytes were on their way. Throws SlowDown: the client's next attempt
 * goes where it should.
 */
export function checkResidency(settings: string, regions: readonly string[] | undefined): void {
  const { placement } = toSettings(settings);
  if (typeof placement !== "object") return;
  if (regions?.every((region) => placement.regions.includes(region))) return;
  throw new S3Error("SlowDown", {}, { cause: new Error("the bytes may stand outside of the bucket's regions") });
}

async function regionsOf(c: Connection, content: Content): Promise<readonly string[] | undefined> {
  if (content.kind === "fresh") return content.wanted?.regions;
  return (await c.get(selectRegions, [content.blobId]))?.regions.split(" ");
}

export async function replaceCurrent(
  c: Connection,
  context: MetadataContext,
  current: CurrentRow,
  object: NewObject,
): Promise<StoredObject> {
  const { bucketId, key, content, etag, attributes, checksum, parts } = object;
  if (current.bucket_settings.includes('"regions"'))
    checkResidency(current.bucket_settings, await regionsOf(c, content));
  const { modifiedAt = context.now() } = object;
  const blobId = await moveReference(c, context, content, current.blob_id ?? undefined);
  if (current.bucket_settings.includes('"copies"') && attributes.regions === undefined)
    await checkCopies(c, context, blobId, toSettings(current.bucket_settings).copies ?? 0);
  const values = [
    blobId,
    content.size,
    etag,
    modifiedAt.getTime(),
    fromAttributes(attributes),
    attributes.owner?.id ?? null,
    attributes.regions?.length ?? 0,
    toJson(checksum),
    toJson(parts),
  ];
  if (current.object_id === null) await c.run(insertObject, [...values, bucketId, key]);
  else await c.run(updateObject, [...values, current.object_id]);
  c.afterCommit(() => context.cache?.forgetObject(bucketId, key));
  return { key, versionId: "null", size: content.size, etag, modifiedAt, attributes, checksum, parts };
}

/** False when the object was replaced or deleted: a decision about it does not apply to another one. */
export async function changeAttributes(
  c: Connection,
  context: MetadataContext,
  bucketId: number,
  object: StoredObject,
  change: (attributes: ObjectAttributes) => ObjectAttributes,
): Promise<boolean> {
  const current = await readCurrent(c, bucketId, object.key);
  if (current.object_id === null || current.etag !== object.etag || current.modified_at !== object.modifiedAt.getTime())
    return false;
  const { owner } = object.attributes;
  if (current.owner_id !== (owner?.id ?? null)) return false;
  const row = await c.get(selectAttributes, [current.object_id]);
  if (row === undefined) return false;
  const { brought: _untouched, ...changed } = change(toAttributes(row.attributes, owner));
  await c.run(saveAttributes, [fromAttributes(changed), current.object_id]);
  c.afterCommit(() => context.cache?.forgetObject(bucketId, object.key));
  return true;
}
