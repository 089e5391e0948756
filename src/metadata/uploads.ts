/** Multipart uploads in progress: their backend uploads and parts, until they are completed or aborted. */
import { randomBytes } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { Checksum, FreshContent, PartOfObject, StoredObject, WriteCondition } from "../model.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";
import { takeKey } from "./key-reservations.ts";
import { checkWriteCondition, readCurrent, replaceCurrent } from "./object-writing.ts";
import { fromAttributes, fromJson } from "./rows.ts";
import { listUploads, type UploadPage, type UploadsListing } from "./upload-listing.ts";
import { toUploads, type Upload, type UploadRow, uploadColumns } from "./upload-rows.ts";

export interface UploadedPart {
  readonly partNumber: number;
  readonly size: number;
  /** md5 of its bytes. */
  readonly etag: string;
  readonly checksum: string | undefined;
  readonly modifiedAt: Date;
  /** The backends that hold this part's bytes. */
  readonly backends: readonly string[];
}

export interface CompletedObject {
  readonly content: FreshContent;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  readonly parts: readonly PartOfObject[];
  readonly condition: WriteCondition;
}

const joined = `SELECT ${uploadColumns}
  FROM uploads LEFT JOIN upload_backends ON upload_backends.upload_id = uploads.upload_id`;
const insertUpload = statement<never>(
  "upload-add",
  `INSERT INTO uploads (upload_id, bucket_id, key, account_id, storage_key, attributes,
    checksum_algorithm, checksum_type, dedup, started_at)
  SELECT ?, id, ?, CAST(? AS BIGINT), ?, ?, ?, ?, ?, CAST(? AS BIGINT) FROM buckets WHERE id = ?`,
);
const insertBackend = statement<never>(
  "upload-backend-add",
  "INSERT INTO upload_backends (upload_id, backend, backend_upload_id, broken) VALUES (?, ?, ?, ?)",
);
const selectUpload = statement<UploadRow>(
  "upload-find",
  `${joined} WHERE uploads.upload_id = ? ORDER BY upload_backends.backend`,
);
const selectStale = statement<UploadRow>(
  "uploads-stale",
  `${joined} WHERE uploads.upload_id IN (
    SELECT upload_id FROM uploads WHERE started_at < ? ORDER BY started_at, upload_id LIMIT ?)
  ORDER BY uploads.started_at, uploads.upload_id, upload_backends.backend`,
);
const lockBucket = statement("upload-bucket-lock", "SELECT id FROM buckets WHERE id = ? FOR KEY SHARE");
const lockUpload = statement("upload-lock", "SELECT upload_id FROM uploads WHERE upload_id = ? FOR UPDATE");
const shareUpload = statement("upload-share", "SELECT upload_id FROM uploads WHERE upload_id = ? FOR KEY SHARE");
const savePart = statement<never>(
  "part-save",
  `INSERT INTO parts (upload_id, part_number, size, etag, checksum, modified_at, backends)
  SELECT upload_id, CAST(? AS INTEGER), CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT), ? FROM uploads WHERE upload_id = ?
  ON CONFLICT (upload_id, part_number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
    checksum = excluded.checksum, modified_at = excluded.modified_at, backends = excluded.backends`,
);
const selectParts = statement<PartRow>(
  "parts-list",
  `SELECT part_number, size, etag, checksum, modified_at, backends FROM parts
  WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?`,
);
const markBroken = statement<never>(
  "upload-broken",
  "UPDATE upload_backends SET broken = 1 WHERE upload_id = ? AND backend = ?",
);
const deleteUpload = statement<{ storage_key: string }>(
  "upload-end",
  "DELETE FROM uploads WHERE upload_id = ? RETURNING storage_key",
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
  "DELETE FROM completed_uploads WHERE completed_at < ?",
);

interface PartRow {
  readonly part_number: number;
  readonly size: number;
  readonly etag: string;
  readonly checksum: string | null;
  readonly modified_at: number;
  readonly backends: string;
}

export class Uploads {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /**
   * Moves the storage key from the writer's reservation to the upload in this transaction. Throws NoSuchBucket;
   * SlowDown when the reservation lapsed.
   */
  create(upload: Omit<Upload, "uploadId" | "startedAt">): Promise<Upload> {
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
      ];
      const made = await c.run(insertUpload, [...values, startedAt.getTime(), upload.bucketId]);
      if (made === 0) throw new S3Error("NoSuchBucket");
      for (const each of upload.backends)
        await c.run(insertBackend, [uploadId, each.backend, each.backendUploadId, each.broken ? 1 : 0]);
      return { ...upload, uploadId, startedAt };
    });
  }

  /** Undefined: unknown, aborted, or another bucket or key. `completed` finds an upload that was completed. */
  async find(bucketId: number, key: string, uploadId: string): Promise<Upload | undefined> {
    const [upload] = toUploads(await this.#context.engine.read.all(selectUpload, [uploadId]));
    return upload?.bucketId === bucketId && upload.key === key ? upload : undefined;
  }

  /** Replaces the part of that number. Throws NoSuchUpload when it ended meanwhile. */
  putPart(uploadId: string, part: Omit<UploadedPart, "modifiedAt">): Promise<UploadedPart> {
    const modifiedAt = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(shareUpload, [uploadId]);
      const values = [
        part.partNumber,
        part.size,
        part.etag,
        part.checksum ?? null,
        modifiedAt.getTime(),
        JSON.stringify(part.backends),
      ];
      if ((await c.run(savePart, [...values, uploadId])) === 0) throw new S3Error("NoSuchUpload");
      return { ...part, modifiedAt };
    });
  }

  async markBroken(uploadId: string, backend: string): Promise<void> {
    await this.#context.engine.transact((c) => c.run(markBroken, [uploadId, backend]));
  }

  async parts(
    uploadId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly UploadedPart[]> {
    return (await this.#context.engine.read.all(selectParts, [uploadId, page.after, page.limit])).map(toPart);
  }

  /** By key, then start. `after` exclusive; a delimiter makes common prefixes as in a listing of objects. */
  list(bucketId: number, page: UploadPage): Promise<UploadsListing> {
    return listUploads(this.#context.engine.read, bucketId, page);
  }

  /**
   * As Objects.put, and ends the upload in the same transaction and records its result: of a repeated Complete only the
   * first writes, and both get the same answer. Throws NoSuchUpload.
   */
  async complete(uploadId: string, object: CompletedObject): Promise<StoredObject> {
    const [upload] = toUploads(await this.#context.engine.read.all(selectUpload, [uploadId]));
    return this.#context.engine.transact(async (c) => {
      const current = upload && (await readCurrent(c, upload.bucketId, upload.key));
      await c.lock(lockUpload, [uploadId]);
      const [still] = toUploads(await c.all(selectUpload, [uploadId]));
      if (!upload || !current || !still) return readCompleted(c, uploadId, object.etag);
      checkWriteCondition(current, object.condition);
      if (object.content.storageKey !== upload.storageKey)
        throw new Error("the bytes of an upload stand under the key it was started with");
      const { bucketId, key, attributes } = upload;
      const stored = await replaceCurrent(c, this.#context, current, { ...object, bucketId, key, attributes });
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

  /** Removes the results of uploads completed before `before`. */
  async forgetCompleted(before: Date): Promise<void> {
    await this.#context.engine.transact((c) => c.run(forgetCompleted, [before.getTime()]));
  }

  /** Ends it and makes its bytes a drop job. False when there was none. */
  abort(uploadId: string): Promise<boolean> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      const [ended] = await c.all(deleteUpload, [uploadId]);
      if (!ended) return false;
      await addJob(c, { kind: "drop", storageKey: ended.storage_key, backends: [] }, now, now);
      return true;
    });
  }

  /** Uploads started before `before`, oldest first: for the job that ends stale ones. */
  async stale(before: Date, limit: number): Promise<readonly Upload[]> {
    return toUploads(await this.#context.engine.read.all(selectStale, [before.getTime(), limit]));
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

function toPart(row: PartRow): UploadedPart {
  return {
    partNumber: row.part_number,
    size: row.size,
    etag: row.etag,
    checksum: row.checksum ?? undefined,
    modifiedAt: new Date(row.modified_at),
    backends: fromJson<readonly string[]>(row.backends) ?? [],
  };
}

/** JSON leaves out what is undefined and writes dates as text. */
function toCompleted(text: string): StoredObject {
  const object: Omit<StoredObject, "modifiedAt"> & { readonly modifiedAt: string } = JSON.parse(text);
  return { ...object, checksum: object.checksum, parts: object.parts, modifiedAt: new Date(object.modifiedAt) };
}

export type { BackendUpload, Upload } from "./upload-rows.ts";
