/** What the tables say, read past the gateways and in one snapshot. */
import type { Knex } from "knex";

export interface BlobRow {
  readonly id: number;
  readonly storageKey: string;
  readonly etag: string;
  readonly refCount: number;
  readonly replicas: readonly { readonly backend: string; readonly state: string }[];
}

export interface Rows {
  readonly blobs: readonly BlobRow[];
  /** Of every object the blob that it refers to. */
  readonly objects: readonly { readonly bucketId: number; readonly key: string; readonly blobId: number }[];
  readonly uploads: number;
  readonly jobs: readonly { readonly kind: string; readonly runAt: number; readonly reason: string | null }[];
}

export async function readRows(knex: Knex): Promise<Rows> {
  const options = knex.client.config.client === "pg" ? { isolationLevel: "repeatable read" as const } : {};
  return knex.transaction(async (trx) => {
    const blobs = await trx("blobs").select("id", "storage_key", "etag", "ref_count");
    const replicas = await trx("replicas").select("blob_id", "backend", "state");
    const objects = await trx("objects").select("bucket_id", "key", "blob_id");
    const uploads = await trx("uploads").select("upload_id");
    const jobs = await trx("jobs").select("kind", "run_at", "reason");
    return {
      blobs: blobs.map(({ id, storage_key: storageKey, etag, ref_count: refCount }) => ({
        id: Number(id),
        storageKey,
        etag,
        refCount: Number(refCount),
        replicas: replicas
          .filter(({ blob_id: blobId }) => Number(blobId) === Number(id))
          .map(({ backend, state }) => ({ backend, state })),
      })),
      objects: objects.map(({ bucket_id: bucketId, key, blob_id: blobId }) => ({
        bucketId: Number(bucketId),
        key,
        blobId: Number(blobId),
      })),
      uploads: uploads.length,
      jobs: jobs.map(({ kind, run_at: runAt, reason }) => ({ kind, runAt: Number(runAt), reason })),
    };
  }, options);
}
