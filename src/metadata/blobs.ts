/**
 * Blobs and their replicas, for background work and the dedup look-up. A blob marked as deleting can no longer be
 * referenced.
 */
import type { Blob, Checksum, Digest, Replica, ReplicaState } from "../model.ts";
import type { Wanted } from "../wanted.ts";
import { mergeBlob } from "./blob-merging.ts";
import { type BlobReader, isReadableBy, type ReadableName, readableChecksums, readableName } from "./blob-readers.ts";
import { storeAnew } from "./content.ts";
import type { MetadataContext } from "./context.ts";
import { type Parameter, type Statement, statement, type Work } from "./engine.ts";
import { type BlobKey, forgetReplica, prepareReplica, retireReplica, setReplica } from "./replica-states.ts";
import { type BlobRow, blobColumns, replicaColumn, toBlob, toReplicas, wantedColumns, wantedIn } from "./rows.ts";
import type { FreshContent } from "./stored-content.ts";

const from = `SELECT ${blobColumns} FROM blobs WHERE`;
const selectByDigest = statement<BlobRow>(
  "blob-by-digest",
  `${from} blobs.scope = ? AND blobs.digest = ? AND blobs.deleting = 0`,
);
const selectById = statement<BlobRow>("blob-by-id", `${from} blobs.id = ? AND blobs.deleting = 0`);
const selectEqual = statement<BlobRow>(
  "blob-equal",
  `${from} blobs.digest = ? AND blobs.scope = (SELECT scope FROM blobs AS one WHERE one.id = ?)
    AND blobs.size = (SELECT size FROM blobs AS one WHERE one.id = ?) AND blobs.deleting = 0 AND blobs.id <> ?`,
);
const selectDeleting = statement<BlobRow>("blob-deleting", `${from} blobs.id = ? AND blobs.deleting = 1`);
const selectNext = statement<SurveyRow>(
  "blobs-survey",
  `SELECT blobs.id AS blob_id, ${wantedColumns}, ${replicaColumn} FROM blobs
  WHERE blobs.id > ? AND blobs.deleting = 0 AND blobs.ref_count > 0 ORDER BY blobs.id LIMIT ?`,
);
const selectReferenced = statement<{ one: number }>(
  "blob-referenced",
  "SELECT 1 AS one FROM blobs WHERE id = ? AND ref_count > 0",
);
const lockReclaimed = statement("blob-reclaim-lock", "SELECT id FROM blobs WHERE id = ? FOR UPDATE");
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
const forgetReclaimed = statement<never>(
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

interface SurveyRow {
  readonly blob_id: number;
  readonly blob_copies: number;
  readonly blob_regions: string;
  readonly replicas: string | null;
}

/** A blob that objects refer to, with its replicas. */
export interface SurveyedBlob {
  readonly id: number;
  readonly replicas: readonly Replica[];
  readonly wanted?: Wanted;
}

export interface ReclaimResult {
  readonly blobId: number;
  /** The backends that confirmed the deletion of its bytes. */
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

  /** Does any object refer to it? */
  async isReferenced(blobId: number): Promise<boolean> {
    return (await this.#context.engine.read.get(selectReferenced, [blobId])) !== undefined;
  }

  /**
   * May this reader read some live object with that blob? False also when it may, but more than a hundred objects refer
   * to the blob and none of the first is the reader's: that only costs the client the sending of its bytes.
   */
  isReadableBy(blobId: number, reader: BlobReader): Promise<boolean> {
    return isReadableBy(this.#context.engine.read, blobId, reader);
  }

  /**
   * A live object with that blob, among the first hundred, that this reader may read. `blobId` undefined: content that
   * is not known, at the same cost.
   */
  readableName(blobId: number | undefined, reader: BlobReader): Promise<ReadableName | undefined> {
    return readableName(this.#context.engine.read, blobId, reader);
  }

  /** The additional checksums of the live objects, among the first hundred, that this reader may read. */
  checksums(blobId: number, reader: BlobReader): Promise<readonly Checksum[]> {
    return readableChecksums(this.#context.engine.read, blobId, reader);
  }

  /** The next blobs that objects refer to, in order of id, after `afterId`. */
  async survey(afterId: number, limit: number): Promise<readonly SurveyedBlob[]> {
    const rows = await this.#context.engine.read.all(selectNext, [afterId, limit]);
    return rows.map((row) => ({
      id: row.blob_id,
      replicas: toReplicas(row.replicas),
      ...wantedIn(row.blob_copies, row.blob_regions),
    }));
  }

  /**
   * One transaction; a replica that becomes lost makes a copy job. Adding a known replica refreshes it.
   * `storageKey`: the key that was checked or written. False: nothing was changed, because the blob is gone, is being
   * deleted, or has another storage key by now, or because this replica's bytes are being deleted, or because of
   * `ifVerifiedOn`: the step requires that one of these backends has a verified replica. `scrubbed`: the whole replica
   * was read, or hashed as it was written, and is good.
   */
  setReplica(
    blobId: number,
    backend: string,
    state: "verified" | "reader" | "lost",
    storageKey?: string,
    more: { readonly scrubbed?: boolean; readonly ifVerifiedOn?: readonly string[] } = {},
  ): Promise<boolean> {
    const now = this.#context.now();
    return this.#change(blobId, (c) => setReplica(c, blobId, backend, state, { ...more, storageKey, now }));
  }

  /**
   * To be called before a copy is written there: the row, in state lost, protects the bytes from being deleted as
   * unneeded for the grace period. False: as for setReplica, or a verified replica is there.
   */
  prepareReplica(blob: BlobKey, backend: string): Promise<boolean> {
    return this.#change(blob.id, (c) => prepareReplica(c, blob, backend, this.#context.now()));
  }

  /**
   * Takes one step towards the removal of an unneeded replica: from verified to lost, or from lost to deleting if it
   * was lost before `lostBefore`; undefined: it takes none, and only one in state deleting goes on, however few stay.
   * `kept`: the replicas that stay, just proven good. Returns the new state; undefined: nothing was changed, because
   * one of `kept` is no longer verified, or the blob has changed.
   */
  retireReplica(
    blob: BlobKey,
    backend: string,
    kept: readonly string[],
    lostBefore: Date | undefined,
  ): Promise<ReplicaState | undefined> {
    const now = this.#context.now();
    return this.#change(blob.id, (c) => retireReplica(c, blob, backend, kept, lostBefore, now));
  }

  /** Deletes the row of a replica in state deleting, after its bytes were deleted. */
  forgetReplica(blobId: number, backend: string): Promise<void> {
    return this.#change(blobId, (c) => forgetReplica(c, blobId, backend));
  }

  /** The other live blob in the same scope with this digest, the digest of this blob that is not recorded yet. */
  findEqual(blobId: number, digest: Digest): Promise<Blob | undefined> {
    return this.#one(selectEqual, [digest, blobId, blobId, blobId]);
  }

  /**
   * Records the digest that the first whole read of a blob found. When an equal blob is in the same scope, the two are
   * merged: the objects of this blob move to `target`, an equal blob whose replicas the caller has just proven good. If
   * there is no target, or another blob or another storage key is there now, the objects of the equal blob move to this
   * one, whose bytes were just read. The blob without objects becomes reclaimable. `merged`: the equal blob.
   */
  async setDigest(blobId: number, digest: Digest, target?: BlobKey): Promise<{ readonly merged: number | undefined }> {
    for (;;) {
      const { merged, done } = await this.#context.engine.transact((c) =>
        mergeBlob(c, this.#context, blobId, digest, target),
      );
      if (done) return { merged };
    }
  }

  /**
   * In one transaction the blob has the bytes of `content`, which are the same, under another storage key; what stood
   * under the former is dropped after the grace. False: nothing was changed, because it is gone or was stored anew by
   * another.
   */
  storeAnew(blob: BlobKey, content: FreshContent): Promise<boolean> {
    return this.#change(blob.id, (c) => storeAnew(c, this.#context, blob, content));
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
   * For blobs marked as deleting: deletes the rows of the replicas whose bytes are deleted, and of each blob that has
   * no replica left. The other blobs are due again at `retryAt`.
   */
  async settleReclaimed(results: readonly ReclaimResult[], retryAt: Date): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      for (const { blobId, gone } of [...results].sort((a, b) => a.blobId - b.blobId)) {
        await c.lock(lockReclaimed, [blobId]);
        for (const backend of gone) await c.run(forgetReclaimed, [backend, blobId]);
        if ((await c.run(forgetBlob, [blobId])) === 0) await c.run(putOffReclaim, [retryAt.getTime(), blobId]);
      }
    });
  }

  #change<T>(blobId: number, work: Work<T>): Promise<T> {
    return this.#context.engine.transact((c) => {
      c.afterCommit(() => this.#context.cache?.forgetBlob(blobId));
      return work(c);
    });
  }

  async #one(statement: Statement<BlobRow>, parameters: readonly Parameter[]): Promise<Blob | undefined> {
    const row = await this.#context.engine.read.get(statement, parameters);
    return row && toBlob(row);
  }
}

export type { BlobReader } from "./blob-readers.ts";
