import type { Blob, Digest, ReplicaState } from "../model.ts";

export interface Blobs {
  /** Hot: prepared. The live blob with this digest in this scope, with its replicas. */
  findByDigest(scope: string, digest: Digest): Promise<Blob | undefined>;
  find(blobId: number): Promise<Blob | undefined>;
  /** May this account read some live name of that blob? (An object that references it in a bucket the account owns.) */
  isReadableBy(blobId: number, accountId: number): Promise<boolean>;
  /** One transaction; a replica that becomes lost makes a copy job. Adding a replica that is there already refreshes it. */
  setReplica(blobId: number, backend: string, state: ReplicaState): Promise<void>;
  removeReplica(blobId: number, backend: string): Promise<void>;
  /**
   * Fills in what the first read of a multipart blob found. When another live blob has that digest in the same scope, this one's objects are
   * moved to it and this one becomes reclaimable. `merged`: that other blob.
   */
  setDigest(blobId: number, digest: Digest): Promise<{ readonly merged: number | undefined }>;
  /**
   * Blobs without references whose grace is over, marked as going in the same transaction: from then on no write can reference them.
   * Blobs already marked (a crash in between) are handed out again.
   */
  takeReclaimable(limit: number): Promise<readonly Blob[]>;
  /** Deletes row and replicas of a blob that is marked as going and whose bytes are gone everywhere. */
  forget(blobId: number): Promise<void>;
}
