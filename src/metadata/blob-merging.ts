/**
 * Records a digest that became known late, and merges two blobs that turn out equal. The objects move in small
 * transactions, and after each of them every object has a blob, and every ref_count is right.
 */
import type { Digest } from "../model.ts";
import { lockDigest } from "./content.ts";
import type { MetadataContext } from "./context.ts";
import { raiseCopies } from "./copies-wanted.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import type { BlobKey } from "./replica-states.ts";

/** Bounds the transactions, whatever the number of objects that refer to a blob. */
const OBJECTS_AT_ONCE = 500;

const lockObjects = statement("merge-lock-objects", "SELECT id FROM objects WHERE blob_id = ? LIMIT ? FOR UPDATE");
const lockEquals = statement(
  "merge-lock-blobs",
  `SELECT id FROM blobs
  WHERE id = ? OR (deleting = 0 AND digest = ? AND scope = (SELECT scope FROM blobs WHERE id = ?))
  ORDER BY id FOR UPDATE`,
);
const selectBlob = statement<MergeRow>(
  "merge-blob",
  "SELECT id, size, scope, storage_key, ref_count, copies FROM blobs WHERE id = ? AND deleting = 0",
);
const selectEqual = statement<MergeRow>(
  "merge-equal",
  `SELECT id, size, scope, storage_key, ref_count, copies FROM blobs
  WHERE scope = ? AND digest = ? AND deleting = 0 AND id <> ?`,
);
const writeDigest = statement<never>("merge-write-digest", "UPDATE blobs SET digest = ? WHERE id = ?");
const leaveScope = statement<never>("merge-leave-scope", "UPDATE blobs SET digest = ?, scope = NULL WHERE id = ?");
const moveObjects = statement<never>(
  "merge-move-objects",
  "UPDATE objects SET blob_id = ? WHERE blob_id = ? AND id IN (SELECT id FROM objects WHERE blob_id = ? LIMIT ?)",
);
const takeReferences = statement<never>(
  "merge-take",
  "UPDATE blobs SET ref_count = ref_count + ?, reclaim_at = NULL WHERE id = ?",
);
const giveReferences = statement<never>("merge-give", "UPDATE blobs SET ref_count = ref_count - ? WHERE id = ?");
const becomeReclaimable = statement<never>(
  "merge-reclaim",
  "UPDATE blobs SET reclaim_at = ?, deleting = ? WHERE id = ?",
);

interface MergeRow {
  readonly id: number;
  readonly size: number;
  readonly scope: string | null;
  readonly storage_key: string;
  readonly ref_count: number;
  readonly copies: number;
}

export interface MergeStep {
  /** The equal blob. */
  readonly merged: number | undefined;
  /** False: more objects are to be moved. */
  readonly done: boolean;
}

/**
 * One transaction. The objects of the blob move to its equal one only while that one is `target`, bytes and all;
 * otherwise the objects of the equal one move to this blob, which takes its place in the dedup look-up. The blob that
 * has no object left becomes reclaimable.
 */
export async function mergeBlob(
  c: Connection,
  context: MetadataContext,
  blobId: number,
  digest: Digest,
  target: BlobKey | undefined,
): Promise<MergeStep> {
  await c.lock(lockDigest, [digest]);
  await lockMoving(c, blobId, digest, target);
  const blob = await c.get(selectBlob, [blobId]);
  if (!blob) return { merged: undefined, done: true };
  c.afterCommit(() => context.cache?.forgetBlob(blobId));
  const equal = blob.scope === null ? undefined : await c.get(selectEqual, [blob.scope, digest, blobId]);
  if (!equal) {
    await c.run(writeDigest, [digest, blobId]);
    return { merged: undefined, done: true };
  }
  if (equal.size !== blob.size) {
    // Equal digests with different sizes are not equal content: kept apart.
    await c.run(leaveScope, [digest, blobId]);
    return { merged: undefined, done: true };
  }
  c.afterCommit(() => context.cache?.forgetBlob(equal.id));
  const isProven = target?.id === equal.id && target.storageKey === equal.storage_key;
  const [from, to] = isProven ? [blob, equal] : [equal, blob];
  const moved = await c.run(moveObjects, [to.id, from.id, from.id, OBJECTS_AT_ONCE]);
  if (moved > 0) await c.run(takeReferences, [moved, to.id]);
  const now = context.now();
  const isRaised = moved > 0 && (await raiseCopies(c, context, to.id, from.copies));
  // Nobody looked after the copies of a blob without objects.
  if (isRaised || (moved > 0 && to.ref_count === 0)) await addJob(c, { kind: "copy", blobId: to.id }, now, now);
  await c.run(giveReferences, [moved, from.id]);
  if (moved > 0 && moved < from.ref_count) return { merged: equal.id, done: false };
  // The digest of a scope is unique: the one blob leaves before the other enters.
  await c.run(leaveScope, [digest, from.id]);
  // A blob that was not proven takes no reference any more, not even from a copy that found it before.
  await c.run(becomeReclaimable, [context.now().getTime() + context.graceMs, from === equal ? 1 : 0, from.id]);
  if (to === blob) await c.run(writeDigest, [digest, blobId]);
  return { merged: equal.id, done: true };
}

/** Objects before blobs, as writes do. If the equal blob changes meanwhile, a deadlock can make this run again. */
async function lockMoving(c: Connection, blobId: number, digest: Digest, target: BlobKey | undefined): Promise<void> {
  const blob = await c.get(selectBlob, [blobId]);
  const equal = blob?.scope ? await c.get(selectEqual, [blob.scope, digest, blobId]) : undefined;
  if (equal) await c.lock(lockObjects, [target === undefined ? equal.id : blobId, OBJECTS_AT_ONCE]);
  await c.lock(lockEquals, [blobId, digest, blobId]);
}
