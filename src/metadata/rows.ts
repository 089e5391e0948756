/** Database rows and their conversion to values: only this file knows how columns are encoded. */
import type {
  Account,
  Blob,
  Bucket,
  BucketSettings,
  Checksum,
  ListedObject,
  ObjectAttributes,
  PartOfObject,
  RedirectMode,
  Replica,
  ReplicaState,
  StoredObject,
} from "../model.ts";
import type { Wanted } from "../wanted.ts";

export interface BucketRow {
  readonly bucket_id: number;
  readonly bucket_name: string;
  readonly account_id: number;
  readonly account_name: string;
  readonly location: string;
  readonly settings: string;
  readonly bucket_created_at: number;
}

export const bucketColumns = `buckets.id AS bucket_id, buckets.name AS bucket_name,
  buckets.account_id AS account_id, accounts.name AS account_name, buckets.location AS location,
  buckets.settings AS settings, buckets.created_at AS bucket_created_at`;

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
  /** Null: the bucket's owner. */
  readonly owner_id: number | null;
  readonly owner_name: string | null;
  readonly checksum: string | null;
  readonly parts: string | null;
}

/** Without the parts: up to 10,000 of each object. */
export type ListedRow = Omit<ObjectRow, "parts">;

export const listedColumns = `objects.key AS key, objects.version_id AS version_id, objects.size AS object_size,
  objects.etag AS object_etag, objects.modified_at AS modified_at, objects.attributes AS attributes,
  objects.owner_id AS owner_id, (SELECT name FROM accounts AS owners WHERE owners.id = objects.owner_id) AS owner_name,
  objects.checksum AS checksum`;

export const objectColumns = `${listedColumns}, objects.parts AS parts`;

export function toStoredObject(row: ObjectRow): StoredObject {
  return { ...toListedObject(row), parts: fromJson<readonly PartOfObject[]>(row.parts) };
}

export function toListedObject(row: ListedRow): ListedObject {
  return {
    key: row.key,
    versionId: row.version_id,
    size: row.object_size,
    etag: row.object_etag,
    modifiedAt: new Date(row.modified_at),
    attributes: toAttributes(row.attributes, toOwner(row)),
    checksum: fromJson<Checksum>(row.checksum),
  };
}

function toOwner({ owner_id: id, owner_name: name }: ListedRow): Account | undefined {
  return id === null || name === null ? undefined : { id, name };
}

/** The owner has columns of its own. */
export function toAttributes(text: string, owner: Account | undefined): ObjectAttributes {
  const attributes: ObjectAttributes = JSON.parse(text);
  return owner === undefined ? attributes : { ...attributes, owner };
}

export function fromAttributes({ owner: _apart, ...attributes }: ObjectAttributes): string {
  return JSON.stringify(attributes);
}

export interface BlobRow {
  readonly blob_id: number;
  readonly storage_key: string;
  readonly blob_size: number;
  readonly blob_etag: string;
  readonly digest: string | null;
  readonly part_sizes: string | null;
  readonly blob_copies: number;
  readonly blob_regions: string;
  /** A list of [backend, state, time of the last look]; null: none. */
  readonly replicas: string | null;
}

export const replicaColumn = `(
  SELECT CAST(json_group_array(json_array(replicas.backend, replicas.state, replicas.verified_at)) AS TEXT)
  FROM replicas WHERE replicas.blob_id = blobs.id) AS replicas`;

export const wantedColumns = "blobs.copies AS blob_copies, blobs.regions AS blob_regions";

export const blobColumns = `blobs.id AS blob_id, blobs.storage_key AS storage_key, blobs.size AS blob_size,
  blobs.etag AS blob_etag, blobs.digest AS digest, blobs.part_sizes AS part_sizes, ${wantedColumns},
  ${replicaColumn}`;

export function toBlob(row: BlobRow): Blob {
  return {
    id: row.blob_id,
    storageKey: row.storage_key,
    size: row.blob_size,
    etag: row.blob_etag,
    digest: row.digest ?? undefined,
    partSizes: fromJson<readonly number[]>(row.part_sizes),
    replicas: toReplicas(row.replicas),
    ...wantedIn(row.blob_copies, row.blob_regions),
  };
}

/** `copies` 0 and `regions` empty: as the gateway keeps every blob. */
export function wantedIn(copies: number, regions: string): { readonly wanted?: Wanted } {
  if (copies === 0 && regions === "") return {};
  return { wanted: { ...(copies > 0 && { copies }), ...(regions !== "" && { regions: regions.split(" ") }) } };
}

export function regionsText({ regions = [] }: Wanted = {}): string {
  return regions.join(" ");
}

export function toReplicas(text: string | null): readonly Replica[] {
  const rows = fromJson<readonly (readonly [backend: string, state: string, verifiedAt: number])[]>(text) ?? [];
  return rows.map(([backend, state, verifiedAt]) => ({
    backend,
    state: toReplicaState(state),
    verifiedAt: new Date(verifiedAt),
  }));
}

/** Unknown states count as lost: such a replica is not read. */
function toReplicaState(state: string): ReplicaState {
  return state === "verified" || state === "reader" || state === "deleting" ? state : "lost";
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
