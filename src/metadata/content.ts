/**
 * Turns content into a referenced blob, and drops references, inside the transaction that writes the object.
 * In every committed state a blob's ref_count is the number of object rows that refer to it; a blob with none has a
 * reclaim time.
 */
import { S3Error } from "../errors.ts";
import type { MetadataContext } from "./context.ts";
import { raiseCopies } from "./copies-wanted.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { takeKey } from "./key-reservations.ts";
import { saveReplicas } from "./replica-rows.ts";
import type { BlobKey } from "./replica-states.ts";
import { regionsText } from "./rows.ts";
import type { Content, FreshContent } from "./stored-content.ts";

const insertBlob = statement<{ id: number }>(
  "blob-add",
  `INSERT INTO blobs (storage_key, size, etag, digest, scope, part_sizes, holders, copies, regions, ref_count)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT (scope, digest) WHERE scope IS NOT NULL AND digest IS NOT NULL AND deleting = 0 DO NOTHING RETURNING id`,
);
/** A merge can give a digest to another blob: while it does, nobody looks for the blob with that digest. */
export const lockDigest = statement("digest-lock", "SELECT pg_advisory_xact_lock(hashtextextended(?, 1))");
const lockShared = statement(
  "blob-shared-lock",
  "SELECT id FROM blobs WHERE (scope = ? AND digest = ? AND deleting = 0) OR id = ? ORDER BY id FOR UPDATE",
);
const findShared = statement<StoredBlob>(
  "blob-shared",
  "SELECT id, storage_key, size, etag FROM blobs WHERE scope = ? AND digest = ? AND deleting = 0",
);
const findStored = statement<StoredBlob>(
  "blob-stored",
  "SELECT id, storage_key, size, etag FROM blobs WHERE id = ? AND storage_key = ? AND deleting = 0",
);
const lockBlobs = statement("blobs-lock", "SELECT id FROM blobs WHERE id IN (?, ?) ORDER BY id FOR UPDATE");
const addReference = statement<never>(
  "blob-reference",
  "UPDATE blobs SET ref_count = ref_count + 1, reclaim_at = NULL WHERE id = ? AND deleting = 0",
);
const dropOne = statement<{ ref_count: number; copies: number }>(
  "blob-unreference",
  `UPDATE blobs SET ref_count = ref_count - 1,
    reclaim_at = CASE WHEN ref_count = 1 THEN CAST(? AS BIGINT) ELSE reclaim_at END
  WHERE id = ? RETURNING ref_count, copies`,
);
const takeOver = statement<never>(
  "blob-take-over",
  "UPDATE blobs SET storage_key = ?, etag = ?, part_sizes = ? WHERE id = ?",
);
const forgetReplicas = statement<never>("blob-replicas-forget", "DELETE FROM replicas WHERE blob_id = ?");

const sharingAttempts = 5;

interface StoredBlob {
  readonly id: number;
  readonly storage_key: string;
  readonly size: number;
  readonly etag: string;
}

/**
 * Returns the blob's id after adding one reference, for an object that referred to `previous`; drops the reference to
 * `previous`.
 */
export async function moveReference(
  c: Connection,
  context: MetadataContext,
  content: Content,
  previous: number | undefined,
): Promise<number> {
  const blobId =
    content.kind === "known"
      ? await referenceKnown(c, content.blobId, previous)
      : await referenceFresh(c, context, content, previous);
  if (previous !== undefined && previous !== blobId) await dropReference(c, context, previous);
  const asked = (content.kind === "known" ? content.copies : content.wanted?.copies) ?? 0;
  const isRaised = await raiseCopies(c, context, blobId, asked);
  const now = context.now();
  if (isRaised || (content.kind === "known" && content.isShort)) await addJob(c, { kind: "copy", blobId }, now, now);
  return blobId;
}

export async function dropReference(c: Connection, context: MetadataContext, blobId: number): Promise<void> {
  const now = context.now();
  const left = await c.get(dropOne, [now.getTime() + context.graceMs, blobId]);
  // The object that is gone may be the one that asked for so many.
  if (left && left.copies > 0 && left.ref_count > 0) await addJob(c, { kind: "recount", blobId }, now, now);
}

async function referenceKnown(c: Connection, blobId: number, previous: number | undefined): Promise<number> {
  if (previous === blobId) return blobId;
  await c.lock(lockBlobs, [blobId, previous ?? blobId]);
  if ((await c.run(addReference, [blobId])) === 0)
    throw new S3Error("SlowDown", {}, { cause: new Error(`blob ${blobId} was reclaimed`) });
  return blobId;
}

async function referenceFresh(
  c: Connection,
  context: MetadataContext,
  content: FreshContent,
  previous: number | undefined,
): Promise<number> {
  const digest = content.digest ?? null;
  let scope = content.scope ?? null;
  for (let attempt = 1; ; attempt++) {
    const made = await c.get(insertBlob, [
      content.storageKey,
      content.size,
      content.etag,
      digest,
      scope,
      partSizesText(content),
      holdersText(content),
      content.wanted?.copies ?? 0,
      regionsText(content.wanted),
    ]);
    if (made) {
      await saveReplicas(c, made.id, content, context.now());
      await addFollowUps(c, context, made.id, content);
      return made.id;
    }
    await c.lock(lockDigest, [digest]);
    await c.lock(lockShared, [scope, digest, previous ?? null]);
    const shared = await c.get(findShared, [scope, digest]);
    if (shared && shared.size === content.size) return share(c, context, content, shared, previous);
    // Equal digests with different sizes are not equal content: kept apart.
    if (shared) scope = null;
    if (attempt === sharingAttempts)
      throw new S3Error("SlowDown", {}, { cause: new Error(`blob ${content.storageKey} met changing rivals`) });
  }
}

async function share(
  c: Connection,
  context: MetadataContext,
  content: FreshContent,
  shared: StoredBlob,
  previous: number | undefined,
): Promise<number> {
  const now = context.now();
  if (content.replaces === shared.id) await takeOverBytes(c, context, content, shared);
  else await addJob(c, { kind: "drop", storageKey: content.storageKey, backends: [] }, now, now);
  return referenceKnown(c, shared.id, previous);
}

async function takeOverBytes(c: Connection, context: MetadataContext, content: FreshContent, blob: StoredBlob) {
  const { id, storage_key: storageKey, size, etag } = blob;
  const now = context.now();
  // Clients may still be reading the old bytes behind a 307.
  const graceOver = new Date(now.getTime() + context.graceMs);
  await addJob(c, { kind: "drop", storageKey, backends: [], expected: { size, etag } }, graceOver, now);
  await c.run(takeOver, [content.storageKey, content.etag, partSizesText(content), id]);
  await c.run(forgetReplicas, [id]);
  await saveReplicas(c, id, content, now);
  await addFollowUps(c, context, id, content);
  c.afterCommit(() => context.cache?.forgetBlob(id));
}

/** As Blobs.storeAnew. */
export async function storeAnew(
  c: Connection,
  context: MetadataContext,
  { id, storageKey }: BlobKey,
  content: FreshContent,
): Promise<boolean> {
  await c.lock(lockBlobs, [id, id]);
  const blob = await c.get(findStored, [id, storageKey]);
  if (blob?.size !== content.size || !(await takeKey(c, content.storageKey))) return false;
  await takeOverBytes(c, context, content, blob);
  return true;
}

/** The set that the rows of its replicas will give: their triggers find nothing to count anew. */
function holdersText({ backends }: FreshContent): string {
  return [...new Set(backends)].sort().join(" ");
}

async function addFollowUps(
  c: Connection,
  context: MetadataContext,
  blobId: number,
  content: FreshContent,
): Promise<void> {
  const now = context.now();
  if (content.good < content.copies) await addJob(c, { kind: "copy", blobId }, now, now, content.good <= 1);
  // The job that copies the bytes reads them, and asks for the digest if it cannot.
  else if (content.digest === undefined) await addJob(c, { kind: "digest", blobId }, now, now);
}

function partSizesText(content: FreshContent): string | null {
  return content.partSizes ? JSON.stringify(content.partSizes) : null;
}
