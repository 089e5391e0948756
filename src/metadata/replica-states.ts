/**
 * The states of one replica of a blob and the steps between them, each in the caller's transaction and under the lock
 * of the blob. An unneeded replica becomes lost, then deleting when no reader can use it any more; its row is deleted
 * when its bytes are. Each step towards deletion requires that the replicas that stay are verified at that moment. No
 * step leads back from deleting.
 */
import type { ReplicaState } from "../model.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { saveReplica } from "./replica-rows.ts";

const lockBlob = statement("blob-lock", "SELECT id FROM blobs WHERE id = ? FOR UPDATE");
const selectReplica = statement<{
  storage_key: string;
  copies: number;
  state: string | null;
  verified_at: number | null;
}>(
  "replica-of-blob",
  `SELECT blobs.storage_key AS storage_key, blobs.copies AS copies, replicas.state AS state,
    replicas.verified_at AS verified_at
  FROM blobs LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = ?
  WHERE blobs.id = ? AND blobs.deleting = 0`,
);
const countOthers = statement<{ count: number }>(
  "replicas-verified-elsewhere",
  "SELECT COUNT(*) AS count FROM replicas WHERE blob_id = ? AND backend <> ? AND state = 'verified'",
);
const forget = statement<never>(
  "replica-forget",
  "DELETE FROM replicas WHERE blob_id = ? AND backend = ? AND state = 'deleting'",
);

/** A blob as the caller knows it: nothing is changed when it has another storage key now. */
export interface BlobKey {
  readonly id: number;
  readonly storageKey: string;
}

export interface ReplicaStep {
  readonly storageKey: string | undefined;
  readonly scrubbed?: boolean;
  readonly ifVerifiedOn?: readonly string[];
  readonly now: Date;
}

/** As Blobs.setReplica. */
export async function setReplica(
  c: Connection,
  blobId: number,
  backend: string,
  state: "verified" | "reader" | "lost",
  { storageKey, scrubbed, ifVerifiedOn, now }: ReplicaStep,
): Promise<boolean> {
  await c.lock(lockBlob, [blobId]);
  const before = await c.get(selectReplica, [backend, blobId]);
  if (!before || (storageKey ?? before.storage_key) !== before.storage_key || before.state === "deleting") return false;
  if (ifVerifiedOn !== undefined && !(await isVerifiedOnAny(c, blobId, ifVerifiedOn))) return false;
  // It came to be one of those that keep the blob safe in the meantime.
  if (state === "reader" && before.state === "verified") return true;
  await saveReplica(c, blobId, backend, state, now, scrubbed);
  if (state === "lost" && before.state !== "lost") {
    const others = (await c.get(countOthers, [blobId, backend]))?.count ?? 0;
    await addJob(c, { kind: "copy", blobId }, now, now, others <= 1);
  }
  return true;
}

async function isVerifiedOnAny(c: Connection, blobId: number, backends: readonly string[]): Promise<boolean> {
  for (const backend of backends)
    if ((await c.get(selectReplica, [backend, blobId]))?.state === "verified") return true;
  return false;
}

/** As Blobs.prepareReplica. */
export async function prepareReplica(c: Connection, blob: BlobKey, backend: string, now: Date): Promise<boolean> {
  await c.lock(lockBlob, [blob.id]);
  const before = await c.get(selectReplica, [backend, blob.id]);
  if (before?.storage_key !== blob.storageKey || before.state === "verified" || before.state === "deleting")
    return false;
  await saveReplica(c, blob.id, backend, "lost", now);
  return true;
}

/** As Blobs.retireReplica. */
export async function retireReplica(
  c: Connection,
  blob: BlobKey,
  backend: string,
  kept: readonly string[],
  lostBefore: Date | undefined,
  now: Date,
): Promise<ReplicaState | undefined> {
  await c.lock(lockBlob, [blob.id]);
  if (kept.length === 0 || kept.includes(backend)) return undefined;
  for (const name of kept) {
    const stays = await c.get(selectReplica, [name, blob.id]);
    if (stays?.storage_key !== blob.storageKey || stays.state !== "verified") return undefined;
  }
  const leaves = await c.get(selectReplica, [backend, blob.id]);
  if (lostBefore === undefined) return leaves?.state === "deleting" ? "deleting" : undefined;
  // An object that was written in the meantime may ask for more copies than were to stay.
  if ((leaves?.copies ?? 0) > kept.length) return undefined;
  const step = nextStep(leaves?.state ?? undefined, leaves?.verified_at ?? 0, lostBefore);
  if (step !== undefined && step !== leaves?.state) await saveReplica(c, blob.id, backend, step, now);
  return step;
}

/** `at`: when it entered its state. */
function nextStep(state: string | undefined, at: number, lostBefore: Date): ReplicaState | undefined {
  if (state === "verified" || state === "reader") return "lost";
  if (state === "lost") return at <= lostBefore.getTime() ? "deleting" : "lost";
  return state === "deleting" ? "deleting" : undefined;
}

/** As Blobs.forgetReplica. */
export async function forgetReplica(c: Connection, blobId: number, backend: string): Promise<void> {
  await c.lock(lockBlob, [blobId]);
  await c.run(forget, [blobId, backend]);
}
