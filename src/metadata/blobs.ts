/**
 * Blobs and their replicas, for background work and the dedup look-up. A blob marked as deleting can no longer be
 * referenced.
 */
import type { Blob, Checksum, Digest, ReplicaState } from "../model.ts";
import { mergeBlob } from "./blob-merging.ts";
import { type BlobReader, isReadableBy, readableChecksums } from "./blob-readers.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { saveReplica } from "./replica-rows.ts";
import { type BlobRow, blobColumns, toBlob } from "./rows.ts";

const from = `SELECT ${blobColumns} FROM blobs WHERE`;
const selectByDigest = statement<BlobRow>(
  "blob-by-digest",
  `${from} blobs.scope = ? AND blobs.digest = ? AND blobs.deleting = 0`,
);
const selectById = statement<BlobRow>("blob-by-id", `${from} blobs.id = ? AND blobs.deleting = 0`);
const selectDeleting = statement<BlobRow>("blob-deleting", `${from} blobs.id = ? AND blobs.deleting = 1`);
const selectReplica = statement<{ storage_key: string; state: string | null }>(
  "replica-of-blob",
  `SELECT blobs.storage_key AS storage_key, replicas.state AS state
  FROM blobs LEFT JOIN replicas ON replicas.blob_id = blobs.id AND replicas.backend = ?
  WHERE blobs.id = ? AND blobs.deleting = 0`,
);
const lockBlob = statement("blob-lock", "SELECT id FROM blobs WHERE id = ? FOR UPDATE");
const deleteReplica = statement<never>("replica-remove", "DELETE FROM replicas WHERE blob_id = ? AND backend = ?");
const findReclaimable = statement<{ id: number }>(
  "blobs-reclaimable",
  "SELECT id FROM blobs WHERE ref_count = 0 AND reclaim_at IS NOT NULL AND reclaim_at <= ? LIMIT 1",
);
const markDeleting = statement<{ id: number }>(
  "blobs-mark-deleting",
  `UPDATE blobs SET deleting = 1 WHERE ref_count = 0 AND id IN (
    SELECT id FROM blobs WHERE ref_count = 0 AND reclaim_at IS NOT NULL AND reclaim_at <= ?
    ORDER BY reclaim_at, id LIMIT ? FOR UPDATE SKIP LOCKED)
  RETURNING id`,
);
const isReclaimed = "SELECT id FROM blobs WHERE id = ? AND deleting = 1 AND ref_count = 0";
const forgetReplica = statement<never>(
  "blob-forget-replica",
  `DELETE FROM replicas WHERE backend = ? AND blob_id IN (${isReclaimed})`,
);
const forgetBlob = statement<never>(
  "blob-forget",
  `DELETE FROM blobs WHERE id IN (${isReclaimed}) AND NOT EXISTS (SELECT 1 FROM replicas WHERE blob_id = blobs.id)`,
);
const putOffReclaim = statement<never>(
  "blob-reclaim-later",
  `UPDATE blobs SET reclaim_at = ? WHERE id IN (${isReclaimed})`,
);

export interface ReclaimResult {
  readonly blobId: number;
  /** The backends that confirmed that its bytes are gone. */
  readonly gone: readonly string[];
}

export class Blobs {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Hot: prepared. The live blob with this digest in this scope, with its replicas. */
  findByDigest(scope: string, digest: Digest): Promise<Blob | undefined> {
    return this.#one(selectByDigest, [scope, digest]);
  }

  /** Undefined also for a blob marked as deleting: no work is left for it. */
  find(blobId: number): Promise<Blob | undefined> {
    return this.#one(selectById, [blobId]);
  }

  /** May this reader read some live object with that blob? */
  isReadableBy(blobId: number, reader: BlobReader): Promise<boolean> {
    return isReadableBy(this.#context.engine.read, blobId, reader);
  }

  /** The additional checksums of the live objects that this reader may read. */
  checksums(blobId: number, reader: BlobReader): Promise<readonly Checksum[]> {
    return readableChecksums(this.#context.engine.read, blobId, reader);
  }

  /**
   * One transaction; a replica that becomes lost makes a copy job. Adding a known replica refreshes it.
   * `storageKey`: the key that was checked or written. False: nothing was changed, because the blob is gone, is being
   * deleted, or has another storage key by now. Then the caller must drop what was written under `storageKey`.
   */
  setReplica(blobId: number, backend: string, state: ReplicaState, storageKey?: string): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockBlob, [blobId]);
      const before = await c.get(selectReplica, [backend, blobId]);
      if (!before || (storageKey !== undefined && storageKey !== before.storage_key)) return false;
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
   * Records the digest that the first read of a multipart blob found. When another live blob in the same scope has that
   * digest and size, this blob's objects are moved to it and this one becomes reclaimable. `merged`: that other blob.
   */
  setDigest(blobId: number, digest: Digest): Promise<{ readonly merged: number | undefined }> {
    return this.#context.engine.transact((c) => mergeBlob(c, this.#context, blobId, digest));
  }

  /**
   * Blobs without references whose grace is over, marked as deleting in the same transaction: from then on no write can
   * reference them. Blobs that are marked already are returned again, until they are settled.
   */
  async takeReclaimable(limit: number): Promise<readonly Blob[]> {
    const now = this.#context.now().getTime();
    if ((await this.#context.engine.read.get(findReclaimable, [now])) === undefined) return [];
    return this.#context.engine.transact(async (c) => {
      const marked = await c.all(markDeleting, [now, limit]);
      const rows: BlobRow[] = [];
      for (const { id } of marked.sort((a, b) => a.id - b.id)) rows.push(...(await c.all(selectDeleting, [id])));
      c.afterCommit(() => {
        for (const { id } of marked) this.#context.cache?.forgetBlob(id);
      });
      return rows.map(toBlob);
    });
  }

  /**
   * For blobs marked as deleting: forgets the replicas whose bytes are gone, and each blob that has none left. The
   * others are due again at `retryAt`.
   */
  async settleReclaimed(results: readonly ReclaimResult[], retryAt: Date): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      for (const { blobId, gone } of [...results].sort((a, b) => a.blobId - b.blobId)) {
        await c.lock(lockBlob, [blobId]);
        for (const backend of gone) await c.run(forgetReplica, [backend, blobId]);
        if ((await c.run(forgetBlob, [blobId])) === 0) await c.run(putOffReclaim, [retryAt.getTime(), blobId]);
      }
    });
  }

  async #one(statement: Statement<BlobRow>, parameters: readonly Parameter[]): Promise<Blob | undefined> {
    const row = await this.#context.engine.read.get(statement, parameters);
    return row && toBlob(row);
  }
}

export type { BlobReader } from "./blob-readers.ts";
