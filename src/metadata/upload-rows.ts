/** Uploads as rows, one per backend upload, and as values. */
import type { Checksum, ChecksumAlgorithm, DedupScope, ObjectAttributes } from "../model.ts";
import type { Wanted } from "../wanted.ts";
import { toAccount, toAttributes, wantedIn } from "./rows.ts";

/** A backend's own multipart upload that belongs to ours. */
export interface BackendUpload {
  readonly backend: string;
  readonly backendUploadId: string;
}

/** The `backend_upload_id` of a backend that no upload is known on. */
export const NO_UPLOAD = "";

export interface Upload {
  readonly uploadId: string;
  readonly bucketId: number;
  readonly key: string;
  readonly accountId: number;
  /** The reserved storage key for its bytes. */
  readonly storageKey: string;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: Checksum["type"] | undefined;
  readonly dedup: DedupScope;
  /** Of the blob that it becomes. */
  readonly wanted?: Wanted;
  readonly startedAt: Date;
  readonly backends: readonly BackendUpload[];
  /** Names of those that hold every part recorded. */
  readonly wholeOn: readonly string[];
  /** Further backends that may hold bytes, or an upload whose id was never learnt. */
  readonly touched: readonly string[];
}

export interface UploadRow {
  readonly upload_id: string;
  readonly bucket_id: number;
  readonly key: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly bucket_owner_id: number;
  readonly storage_key: string;
  readonly attributes: string;
  readonly checksum_algorithm: ChecksumAlgorithm | null;
  readonly checksum_type: Checksum["type"] | null;
  readonly dedup: DedupScope;
  readonly copies: number;
  readonly regions: string;
  readonly started_at: number;
  /** Null: no backend upload. */
  readonly backend: string | null;
  readonly backend_upload_id: string | null;
  readonly missing_parts: number | null;
}

export const uploadColumns = `uploads.upload_id AS upload_id, uploads.bucket_id AS bucket_id, uploads.key AS key,
  uploads.account_id AS account_id, (SELECT name FROM accounts WHERE accounts.id = uploads.account_id) AS account_name,
  (SELECT account_id FROM buckets WHERE buckets.id = uploads.bucket_id) AS bucket_owner_id,
  uploads.storage_key AS storage_key, uploads.attributes AS attributes,
  uploads.checksum_algorithm AS checksum_algorithm, uploads.checksum_type AS checksum_type, uploads.dedup AS dedup,
  uploads.copies AS copies, uploads.regions AS regions,
  uploads.started_at AS started_at, upload_backends.backend AS backend,
  upload_backends.backend_upload_id AS backend_upload_id, upload_backends.missing_parts AS missing_parts`;

/** Ordered by each upload's first row. */
export function toUploads(rows: readonly UploadRow[]): Upload[] {
  type Growing = Upload & Record<"wholeOn" | "touched", string[]> & { readonly backends: BackendUpload[] };
  const byId = new Map<string, Growing>();
  for (const row of rows) {
    const upload = byId.get(row.upload_id) ?? { ...toUpload(row), backends: [], wholeOn: [], touched: [] };
    byId.set(row.upload_id, upload);
    const { backend, backend_upload_id: backendUploadId } = row;
    if (backend === null || backendUploadId === null) continue;
    if (backendUploadId === NO_UPLOAD) upload.touched.push(backend);
    else {
      upload.backends.push({ backend, backendUploadId });
      if (row.missing_parts === 0) upload.wholeOn.push(backend);
    }
  }
  return [...byId.values()];
}

function toUpload(row: UploadRow): Omit<Upload, "backends" | "wholeOn" | "touched"> {
  return {
    uploadId: row.upload_id,
    bucketId: row.bucket_id,
    key: row.key,
    accountId: row.account_id,
    storageKey: row.storage_key,
    // The object that it becomes belongs to its initiator.
    attributes: toAttributes(row.attributes, row.account_id === row.bucket_owner_id ? undefined : toAccount(row)),
    checksumAlgorithm: row.checksum_algorithm ?? undefined,
    checksumType: row.checksum_type ?? undefined,
    dedup: row.dedup,
    ...wantedIn(row.copies, row.regions),
    startedAt: new Date(row.started_at),
  };
}
