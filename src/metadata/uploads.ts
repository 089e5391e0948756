/** Multipart uploads in progress: their backend uploads and parts, until they are completed or aborted. */
import { randomBytes } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { Checksum, PartOfObject, StoredObject, WriteCondition } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { takeKey } from "./key-reservations.ts";
import { checkResidency, checkTaken, checkWriteCondition, readCurrent, replaceCurrent } from "./object-writing.ts";
import { fromAttributes, regionsText } from "./rows.ts";
import type { FreshContent } from "./stored-content.ts";
import {
  beginCompletion,
  type Completion,
  dropEnded,
  type EndedUpload,
  ownsCompletion,
  renewCompletion,
} from "./upload-completion.ts";
import { listUploads, type UploadPage, type UploadsListing } from "./upload-listing.ts";
import { listParts, savePart, type UploadedPart } from "./upload-parts.ts";
import { NO_UPLOAD, toUploads, type Upload, type UploadRow, uploadColumns } from "./upload-rows.ts";

export interface CompletedObject {
  readonly content: FreshContent;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  readonly parts: readonly PartOfObject[];
  readonly condition: WriteCondition;
  /** Default: now. */
  readonly modifiedAt?: Date;
  /** As of `NewObject`. */
  readonly taken?: { readonly replaces: string | undefined };
}

const joined = `SELECT ${uploadColumns}
  FROM uploads LEFT JOIN upload_backends ON upload_backends.upload_id = uploads.upload_id`;
const insertUpload = statement<never>(
  "upload-add",
  `INSERT INTO uploads (upload_id, bucket_id, key, account_id, storage_key, attributes,
    checksum_algorithm, checksum_type, dedup, copies, regions, started_at)
  SELECT ?, id, ?, CAST(? AS BIGINT), ?, ?, ?, ?, ?, CAST(? AS INTEGER), ?, CAST(? AS BIGINT)
  FROM buckets WHERE id = ?`,
);
const selectSettings = statement<{ settings: string }>("upload-bucket", "SELECT settings FROM buckets WHERE id = ?");
const insertBackend = statement<never>(
  "upload-backend-add",
  `INSERT INTO upload_backends (upload_id, backend, backend_upload_id, missing_parts)
  SELECT upload_id, ?, ?, 0 FROM uploads WHERE upload_id = ? ON CONFLICT (upload_id, backend) DO NOTHING`,
);
const selectUpload = statement<UploadRow>(
  "upload-find",
  `${joined} WHERE uploads.upload_id = ? ORDER BY upload_backends.backend`,
);
const selectStale = statement<UploadRow>(
  "uploads-stale",
  `${joined} WHERE uploads.upload_id IN (
    SELECT upload_id FROM uploads WHERE started_at < ? AND (completing_until IS NULL OR completing_until <= ?)
    ORDER BY started_at, upload_id LIMIT ?)
  ORDER BY uploads.started_at, uploads.upload_id, upload_backends.backend`,
);
const lockBucket = statement("upload-bucket-lock", "SELECT id FROM buckets WHERE id = ? FOR KEY SHARE");
const lockUpload = statement("upload-lock", "SELECT upload_id FROM uploads WHERE upload_id = ? FOR UPDATE");
const deleteUpload = statement<EndedUpload>(
  "upload-end",
  "DELETE FROM uploads WHERE upload_id = ? RETURNING storage_key, completing_until",
);
const insertCompleted = statement<never>(
  "upload-completed-add",
  "INSERT INTO completed_uploads (upload_id, bucket_id, key, object, completed_at) VALUES (?, ?, ?, ?, ?)",
);
const selectCompleted = statement<{ bucket_id: number; key: string; object: string }>(
  "upload-completed",
  "SELECT bucket_id, key, object FROM completed_uploads WHERE upload_id = ?",
);
const forgetCompleted = statement<never>(
  "uploads-completed-forget",
  `DELETE FROM completed_uploads WHERE upload_id IN (
    SELECT upload_id FROM completed_uploads WHERE completed_at < ? LIMIT ?)`,
);
const FORGOTTEN_AT_ONCE = 500;

export class Uploads {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * Moves the storage key from the writer's reservation to the upload in this transaction. Throws NoSuchBucket;
   * SlowDown when the reservation lapsed.
   */
  create(upload: Omit<Upload, "uploadId" | "startedAt" | "wholeOn">): Promise<Upload> {
    const startedAt = this.#context.now();
    const uploadId = newUploadId(startedAt);
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockBucket, [upload.bucketId]);
      if (!(await takeKey(c, upload.storageKey)))
        throw new S3Error("SlowDown", {}, { cause: new Error(`the key ${upload.storageKey} is not reserved`) });
      const { attributes, checksumAlgorithm = null, checksumType = null } = upload;
      const values = [
        uploadId,
        upload.key,
        upload.accountId,
        upload.storageKey,
        fromAttributes(attributes),
        checksumAlgorithm,
        checksumType,
        upload.dedup,
        upload.wanted?.copies ?? 0,
        regionsText(upload.wanted),
      ];
      const made = await c.run(insertUpload, [...values, startedAt.getTime(), upload.bucketId]);
      if (made === 0) throw new S3Error("NoSuchBucket");
      const bucket = await c.get(selectSettings, [upload.bucketId]);
      checkResidency(bucket?.settings ?? "{}", upload.wanted?.regions);
      for (const each of upload.backends) await c.run(insertBackend, [each.backend, each.backendUploadId, uploadId]);
      for (const backend of upload.touched) await c.run(insertBackend, [backend, NO_UPLOAD, uploadId]);
      return { ...upload, uploadId, startedAt, wholeOn: upload.backends.map(({ backend }) => backend) };
    });
  }

  /** Undefined: unknown, aborted, or another bucket or key. `completed` finds an upload that was completed. */
  async find(bucketId: number, key: string, uploadId: string): Promise<Upload | undefined> {
    const [upload] = toUploads(await this.#context.engine.read.all(selectUpload, [uploadId]));
    return upload?.bucketId === bucketId && upload.key === key ? upload : undefined;
  }

  /** Bytes may come to stand on this backend too, outside an upload that is known there: recorded before they do. */
  async touch(uploadId: string, backend: string): Promise<void> {
    await this.#context.engine.transact((c) => c.run(insertBackend, [backend, NO_UPLOAD, uploadId]));
  }

  /**
   * Replaces the part of that number. Throws NoSuchUpload when it ended meanwhile; ServiceUnavailable when no backend
   * would hold every part then.
   */
  async putPart(uploadId: string, part: Omit<UploadedPart, "modifiedAt">): Promise<UploadedPart> {
    const saved = { ...part, modifiedAt: this.#context.now() };
    await this.#context.engine.transact((c) => savePart(c, uploadId, saved));
    return saved;
  }

  parts(uploadId: string, page: { readonly after: number; readonly limit: number }): Promise<readonly UploadedPart[]> {
    return listParts(this.#context.engine.read, uploadId, page);
  }

  /** By key, then start. `after` exclusive; a delimiter makes common prefixes as in a listing of objects. */
  list(bucketId: number, page: UploadPage): Promise<UploadsListing> {
    return listUploads(this.#context.engine.read, bucketId, page);
  }

  /**
   * Leases the completion of an upload to the caller. "running": somebody else has it. Undefined: the upload has ended.
   */
  beginCompletion(uploadId: string, leaseMs: number): Promise<Completion | "running" | undefined> {
    return this.#context.engine.transact((c) => beginCompletion(c, uploadId, this.#context.now(), leaseMs));
  }

  /** False: it was taken over, or the upload has ended. */
  renewCompletion(completion: Completion, leaseMs: number): Promise<boolean> {
    const until = new Date(this.#context.now().getTime() + leaseMs);
    return this.#context.engine.transact((c) => renewCompletion(c, completion, until));
  }

  /** Gives the lease back. False as for `renewCompletion`. */
  endCompletion(completion: Completion): Promise<boolean> {
    return this.#context.engine.transact((c) => renewCompletion(c, completion, undefined));
  }

  /**
   * As Objects.put, and ends the upload in the same transaction and records its result: of a repeated Complete only the
   * first writes, and both get the same answer. Throws NoSuchUpload; SlowDown when the completion was taken over.
   */
  async complete(completion: Completion, object: CompletedObject): Promise<StoredObject> {
    const { uploadId } = completion;
    const [upload] = toUploads(await this.#context.engine.read.all(selectUpload, [uploadId]));
    return this.#context.engine.transact(async (c) => {
      const current = upload && (await readCurrent(c, upload.bucketId, upload.key));
      await c.lock(lockUpload, [uploadId]);
      const [still] = toUploads(await c.all(selectUpload, [uploadId]));
      if (!upload || !current || !still) return readCompleted(c, uploadId, object.etag);
      if (!(await ownsCompletion(c, completion)))
        throw new S3Error("SlowDown", {}, { cause: new Error("another request completes this upload") });
      checkWriteCondition(current, object.condition);
      if (object.content.storageKey !== upload.storageKey)
        throw new Error("the bytes of an upload stand under the key it was started with");
      const { bucketId, key, attributes } = upload;
      const written = { ...object, bucketId, key, attributes };
      await checkTaken(c, current, written);
      const stored = await replaceCurrent(c, this.#context, current, written);
      await c.all(deleteUpload, [uploadId]);
      await c.run(insertCompleted, [uploadId, bucketId, key, JSON.stringify(stored), stored.modifiedAt.getTime()]);
      return stored;
    });
  }

  /** The result of a completed upload, for a client that repeats Complete after losing the answer; kept for a day. */
  async completed(
    bucketId: number,
    key: string,
    uploadId: string,
  ): Promise<{ readonly etag: string; readonly object: StoredObject | undefined } | undefined> {
    const row = await this.#context.engine.read.get(selectCompleted, [uploadId]);
    if (!row || row.bucket_id !== bucketId || row.key !== key) return undefined;
    const object = toCompleted(row.object);
    return { etag: object.etag, object };
  }

  /** Removes the results of uploads completed before `before`, in transactions of a few hundred. */
  async forgetCompleted(before: Date): Promise<void> {
    const forgetSome = () =>
      this.#context.engine.transact((c) => c.run(forgetCompleted, [before.getTime(), FORGOTTEN_AT_ONCE]));
    while ((await forgetSome()) === FORGOTTEN_AT_ONCE);
  }

  /**
   * Ends it and makes its bytes a drop job, which waits for a completion that is under way to notice. False when there
   * was none.
   */
  abort(uploadId: string): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      const [ended] = await c.all(deleteUpload, [uploadId]);
      if (!ended) return false;
      await dropEnded(c, ended, now);
      return true;
    });
  }

  /** Uploads started before `before` that nobody is completing, oldest first: for the job that ends stale ones. */
  async stale(before: Date, limit: number): Promise<readonly Upload[]> {
    const now = this.#context.now().getTime();
    return toUploads(await this.#context.engine.read.all(selectStale, [before.getTime(), now, limit]));
  }
}

async function readCompleted(c: Connection, uploadId: string, etag: string): Promise<StoredObject> {
  const row = await c.get(selectCompleted, [uploadId]);
  const object = row && toCompleted(row.object);
  if (object?.etag !== etag) throw new S3Error("NoSuchUpload");
  return object;
}

/** Ids grow with time, so they are ordered by start; the rest is random and cannot be guessed. */
function newUploadId(startedAt: Date): string {
  return `${startedAt.getTime().toString(16).padStart(12, "0")}${randomBytes(20).toString("hex")}`;
}

/** JSON leaves out what is undefined and writes dates as text. */
function toCompleted(text: string): StoredObject {
  const object: Omit<StoredObject, "modifiedAt"> & { readonly modifiedAt: string } = JSON.parse(text);
  return { ...object, checksum: object.checksum, parts: object.parts, modifiedAt: new Date(object.modifiedAt) };
}

export type { Completion } from "./upload-completion.ts";
export type { UploadedPart } from "./upload-parts.ts";
export type { BackendUpload, Upload } from "./upload-rows.ts";
