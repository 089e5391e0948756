/** Rows as the database gives them, and the values made of them: the only place that knows how a column is written. */
import type {
  Account,
  Blob,
  Bucket,
  BucketSettings,
  Checksum,
  ObjectAttributes,
  PartOfObject,
  RedirectMode,
  Replica,
  ReplicaState,
  StoredObject,
} from "../model.ts";

export interface BucketRow {
  readonly bucket_id: number;
  readonly bucket_name: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly location: string;
  readonly settings: string;
  readonly bucket_created_at: number;
}

export const bucketColumns = `buckets.id AS bucket_id, buckets.name AS bucket_name, buckets.account_id AS account_id, accounts.name AS account_name,
  buckets.location AS location, buckets.settings AS settings, buckets.created_at AS bucket_created_at`;

export function toBucket(row: BucketRow): Bucket {
  return {
    id: row.bucket_id,
    name: row.bucket_name,
    owner: toAccount(row),
    location: row.location,
    createdAt: new Date(row.bucket_created_at),
    settings: toSettings(row.settings),
  };
}

export function toSettings(text: string): BucketSettings {
  const settings: BucketSettings = JSON.parse(text);
  return settings;
}

export function toAccount(row: { readonly account_id: number; readonly account_name: string }): Account {
  return { id: row.account_id, name: row.account_name };
}

export interface ObjectRow {
  readonly key: string;
  readonly version_id: string;
  readonly object_size: number;
  readonly object_etag: string;
  readonly modified_at: number;
  readonly attributes: string;
  readonly checksum: string | null;
  readonly parts: string | null;
}

export const objectColumns = `objects.key AS key, objects.version_id AS version_id, objects.size AS object_size, objects.etag AS object_etag,
  objects.modified_at AS modified_at, objects.attributes AS attributes, objects.checksum AS checksum, objects.parts AS parts`;

export function toStoredObject(row: ObjectRow): StoredObject {
  return {
    key: row.key,
    versionId: row.version_id,
    size: row.object_size,
    etag: row.object_etag,
    modifiedAt: new Date(row.modified_at),
    attributes: toAttributes(row.attributes),
    checksum: fromJson<Checksum>(row.checksum),
    parts: fromJson<readonly PartOfObject[]>(row.parts),
  };
}

export function toAttributes(text: string): ObjectAttributes {
  const attributes: ObjectAttributes = JSON.parse(text);
  return attributes;
}

export interface BlobRow {
  readonly blob_id: number;
  readonly blob_name: string;
  readonly blob_size: number;
  readonly blob_etag: string;
  readonly digest: string | null;
  readonly layout: string | null;
  /** Null: the blob has no replica. */
  readonly backend: string | null;
  readonly state: string | null;
  readonly verified_at: number | null;
}

export const blobColumns = `blobs.id AS blob_id, blobs.name AS blob_name, blobs.size AS blob_size, blobs.etag AS blob_etag, blobs.digest AS digest,
  blobs.layout AS layout, replicas.backend AS backend, replicas.state AS state, replicas.verified_at AS verified_at`;

/** One blob: as many rows as it has replicas. */
export function toBlob(first: BlobRow, rows: readonly BlobRow[]): Blob {
  return {
    id: first.blob_id,
    name: first.blob_name,
    size: first.blob_size,
    etag: first.blob_etag,
    digest: first.digest ?? undefined,
    layout: fromJson<readonly number[]>(first.layout),
    replicas: rows.flatMap(toReplica),
  };
}

/** Rows of several blobs, those of one blob together. */
export function toBlobs(rows: readonly BlobRow[]): Blob[] {
  const byId = new Map<number, BlobRow[]>();
  for (const row of rows) {
    const same = byId.get(row.blob_id);
    if (same) same.push(row);
    else byId.set(row.blob_id, [row]);
  }
  return [...byId.values()].flatMap((same) => (same[0] ? [toBlob(same[0], same)] : []));
}

function toReplica(row: BlobRow): readonly Replica[] {
  if (row.backend === null || row.state === null || row.verified_at === null) return [];
  return [{ backend: row.backend, state: toReplicaState(row.state), verifiedAt: new Date(row.verified_at) }];
}

/** What is not known to be good is not read from. */
function toReplicaState(state: string): ReplicaState {
  return state === "verified" ? "verified" : "lost";
}

export function toRedirectMode(redirect: string | null): RedirectMode | undefined {
  return redirect === "off" || redirect === "auto" || redirect === "always" ? redirect : undefined;
}

export function fromJson<T>(text: string | null): T | undefined {
  if (text === null) return undefined;
  const value: T = JSON.parse(text);
  return value;
}

export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
