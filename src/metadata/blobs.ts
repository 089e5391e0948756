/**
 * Blobs and their replicas, as background work and the dedup look-up see them. A blob marked as going can no longer be
 * referenced.
 */
import type { Blob, Checksum, Digest, ReplicaState } from "../model.ts";
import { mergeBlob } from "./blob-merging.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { saveReplica } from "./replica-rows.ts";
import { type BlobRow, blobColumns, fromJson, toBlob } from "./rows.ts";

const from = `SELECT ${blobColumns} FROM blobs WHERE`;
const selectByDigest = statement<BlobRow>(
  "blob-by-digest",
  `${from} blobs.scope = ? AND blobs.digest = ? AND blobs.going = 0`,
);
const selectById = statement<BlobRow>("blob-by-id", `${from} blobs.id = ? AND blobs.going = 0`);
const selectGoing = statement<BlobRow>("blob-going", `${from} blobs.id = ? AND blobs.going = 1`);
const selectReadable = statement<{ readable: number }>(
  "blob-readable",
  `SELECT 1 AS readable FROM objects JOIN buckets ON buckets.id = objects.bucket_id
  WHERE objects.blob_id = ? AND objects.is_latest = 1 AND buckets.account_id = ? AND objects.attributes NOT LIKE '%"owner":{%' LIMIT 1`,
);
const selectChecksums = statement<{ checksum: string | null }>(
  "blob-checksums",
  `SELECT DISTINCT objects.checksum AS checksum FROM objects JOIN buckets ON buckets.id = objects.bucket_id
  WHERE objects.blob_id = ? AND objects.is_latest = 1 AND buckets.account_id = ? AND objects.checksum IS NOT NULL AND objects.attributes NOT LIKE '%"owner":{%' LIMIT 20`,
);
const selectReplica = statement<{ name: string; state: string | null }>(
  "replica-of-blob",
  `SELECT blobs.name AS name, replicas.state AS state FROM blobs LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = ?
  WHERE blobs.id = ? AND blobs.going = 0`,
);
const lockBlob = statement("blob-lock", "SELECT id FROM blobs WHERE id = ? FOR UPDATE");
const deleteReplica = statement<never>("replica-remove", "DELETE FROM replicas WHERE blob_id = ? AND backend = ?");
const findReclaimable = statement<{ id: number }>(
  "blobs-reclaimable",
  "SELECT id FROM blobs WHERE ref_count = 0 AND reclaim_at IS NOT NULL AND reclaim_at <= ? LIMIT 1",
);
const markGoing = statement<{ id: number }>(
  "blobs-mark-going",
  `UPDATE blobs SET going = 1 WHERE ref_count = 0 AND id IN (
    SELECT id FROM blobs WHERE ref_count = 0 AND reclaim_at IS NOT NULL AND reclaim_at <= ? ORDER BY reclaim_at, id LIMIT ? FOR UPDATE SKIP LOCKED)
  RETURNING id`,
);
const forgetReplicas = statement<never>(
  "blob-forget-replicas",
  "DELETE FROM replicas WHERE blob_id IN (SELECT id FROM blobs WHERE id = ? AND going = 1 AND ref_count = 0)",
);
const forgetBlob = statement<never>("blob-forget", "DELETE FROM blobs WHERE id = ? AND going = 1 AND ref_count = 0");

export class Blobs {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Hot: prepared. The live blob with this digest in this scope, with its replicas. */
  findByDigest(scope: string, digest: Digest): Promise<Blob | undefined> {
    return this.#one(selectByDigest, [scope, digest]);
  }

  /** Undefined also for one that is going: nothing is to be done for it any more. */
  find(blobId: number): Promise<Blob | undefined> {
    return this.#one(selectById, [blobId]);
  }

  /**
   * May this account read some live name of that blob? (An object that references it in a bucket the account owns, and
   * that no other account wrote.)
   */
  async isReadableBy(blobId: number, accountId: number): Promise<boolean> {
    return (await this.#context.engine.read.get(selectReadable, [blobId, accountId])) !== undefined;
  }

  /** The additional checksums that live names of that blob carry, of those `isReadableBy` means. */
  async checksums(blobId: number, accountId: number): Promise<readonly Checksum[]> {
    const rows = await this.#context.engine.read.all(selectChecksums, [blobId, accountId]);
    return rows.map(({ checksum }) => fromJson<Checksum>(checksum)).filter((checksum) => checksum !== undefined);
  }

  /**
   * One transaction; a replica that becomes lost makes a copy job. Adding a replica that is there already refreshes it.
   * `name`: the physical name that was looked at or written; when the blob has taken over another one since, nothing is
   * changed. False: nothing was changed, the blob is gone, going, or bears another name. What was written under `name`
   * is then the caller's to drop.
   */
  setReplica(blobId: number, backend: string, state: ReplicaState, name?: string): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockBlob, [blobId]);
      const before = await c.get(selectReplica, [backend, blobId]);
      if (!before || (name !== undefined && name !== before.name)) return false;
      await saveReplica(c, blobId, backend, state, now);
      if (state === "lost" && before.state !== "lost") await addJob(c, { kind: "copy", blobId }, now, now);
      c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
      return true;
    });
  }

  async removeReplica(blobId: number, backend: string): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      await c.run(deleteReplica, [blobId, backend]);
      c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
    });
  }

  /**
   * Fills in what the first read of a multipart blob found. When another live blob has that digest and size in the same
   * scope, this one's objects are moved to it and this one becomes reclaimable. `merged`: that other blob.
   */
  setDigest(blobId: number, digest: Digest): Promise<{ readonly merged: number | undefined }> {
    return this.#context.engine.transact((c) => mergeBlob(c, this.#context, blobId, digest));
  }

  /**
   * Blobs without references whose grace is over, marked as going in the same transaction: from then on no write can
   * reference them. Blobs already marked (a crash in between) are handed out again.
   */
  async takeReclaimable(limit: number): Promise<readonly Blob[]> {
    const now = this.#context.now().getTime();
    if ((await this.#context.engine.read.get(findReclaimable, [now])) === undefined) return [];
    return this.#context.engine.transact(async (c) => {
      const marked = await c.all(markGoing, [now, limit]);
      const rows: BlobRow[] = [];
      for (const { id } of marked.sort((a, b) => a.id - b.id)) rows.push(...(await c.all(selectGoing, [id])));
      c.afterCommit(() => {
        for (const { id } of marked) this.#context.cache?.forgetBlob(id);
      });
      return rows.map(toBlob);
    });
  }

  /** Deletes row and replicas of a blob that is marked as going and whose bytes are gone everywhere. */
  async forget(blobId: number): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      await c.lock(lockBlob, [blobId]);
      await c.run(forgetReplicas, [blobId]);
      await c.run(forgetBlob, [blobId]);
      c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
    });
  }

  async #one(statement: Statement<BlobRow>, parameters: readonly Parameter[]): Promise<Blob | undefined> {
    const row = await this.#context.engine.read.get(statement, parameters);
    return row && toBlob(row);
  }
}
