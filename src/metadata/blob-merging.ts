/**
 * Fills in a digest that became known late, and merges two blobs that turn out equal: every object has a blob at any
 * time.
 */
import type { Digest } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";

const lockObjects = statement("merge-lock-objects", "SELECT id FROM objects WHERE blob_id = ? ORDER BY id FOR UPDATE");
const lockEquals = statement(
  "merge-lock-blobs",
  `SELECT id FROM blobs
  WHERE id = ? OR (deleting = 0 AND digest = ? AND scope = (SELECT scope FROM blobs WHERE id = ?))
  ORDER BY id FOR UPDATE`,
);
const lockDigest = statement("merge-lock-digest", "SELECT pg_advisory_xact_lock(hashtextextended(?, 1))");
const selectBlob = statement<{ size: number; scope: string | null }>(
  "merge-blob",
  "SELECT size, scope FROM blobs WHERE id = ? AND deleting = 0",
);
const selectEqual = statement<{ id: number; size: number }>(
  "merge-equal",
  "SELECT id, size FROM blobs WHERE scope = ? AND digest = ? AND deleting = 0 AND id <> ?",
);
const writeDigest = statement<never>("merge-write-digest", "UPDATE blobs SET digest = ? WHERE id = ?");
const leaveScope = statement<never>("merge-leave-scope", "UPDATE blobs SET digest = ?, scope = NULL WHERE id = ?");
const moveObjects = statement<{ bucket_id: number; key: string }>(
  "merge-move-objects",
  "UPDATE objects SET blob_id = ? WHERE blob_id = ? RETURNING bucket_id, key",
);
const takeReferences = statement<never>(
  "merge-take",
  "UPDATE blobs SET ref_count = ref_count + ?, reclaim_at = NULL WHERE id = ?",
);
const giveReferences = statement<never>(
  "merge-give",
  "UPDATE blobs SET ref_count = ref_count - ?, reclaim_at = ?, digest = ?, scope = NULL WHERE id = ?",
);

export async function mergeBlob(
  c: Connection,
  context: MetadataContext,
  blobId: number,
  digest: Digest,
): Promise<{ readonly merged: number | undefined }> {
  await c.lock(lockDigest, [digest]);
  await c.lock(lockObjects, [blobId]);
  await c.lock(lockEquals, [blobId, digest, blobId]);
  const blob = await c.get(selectBlob, [blobId]);
  if (!blob) return { merged: undefined };
  c.afterCommit(() => context.cache?.forgetBlob(blobId));
  const equal = blob.scope === null ? undefined : await c.get(selectEqual, [blob.scope, digest, blobId]);
  if (!equal) {
    await c.run(writeDigest, [digest, blobId]);
    return { merged: undefined };
  }
  if (equal.size !== blob.size) {
    // Equal digests with different sizes are not equal content: kept apart.
    await c.run(leaveScope, [digest, blobId]);
    return { merged: undefined };
  }
  const moved = await c.all(moveObjects, [equal.id, blobId]);
  if (moved.length > 0) await c.run(takeReferences, [moved.length, equal.id]);
  await c.run(giveReferences, [moved.length, context.now().getTime() + context.graceMs, digest, blobId]);
  return { merged: equal.id };
}
