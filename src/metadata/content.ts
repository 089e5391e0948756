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
import { saveReplicas } from "./replica-rows.ts";
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
const findShared = statement<{ id: number; storage_key: string; size: number }>(
  "blob-shared",
  "SELECT id, storage_key, size FROM blobs WHERE scope = ? AND digest = ? AND deleting = 0",
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
  shared: { id: number; storage_key: string },
  previous: number | undefined,
): Promise<number> {
  const now = context.now();
  if (content.replaces === shared.id) {
    // Clients may still be reading the old bytes behind a 307.
    const graceOver = new Date(now.getTime() + context.graceMs);
    await addJob(c, { kind: "drop", storageKey: shared.storage_key, backends: [] }, graceOver, now);
    await c.run(takeOver, [content.storageKey, content.etag, partSizesText(content), shared.id]);
    await c.run(forgetReplicas, [shared.id]);
    await saveReplicas(c, shared.id, content, now);
    await addFollowUps(c, context, shared.id, content);
    c.afterCommit(() => context.cache?.forgetBlob(shared.id));
  } else {
    await addJob(c, { kind: "drop", storageKey: content.storageKey, backends: [] }, now, now);
  }
  return referenceKnown(c, shared.id, previous);
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
  if (content.digest === undefined) await addJob(c, { kind: "digest", blobId }, now, now);
}

function partSizesText(content: FreshContent): string | null {
  return content.partSizes ? JSON.stringify(content.partSizes) : null;
}
