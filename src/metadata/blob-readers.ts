/**
 * Who may read the content of a blob: the account that owns a live object with it, in its own bucket and not written by
 * another account, and only within the access key's scope. Only the first objects that refer to a blob are looked at,
 * so that a look costs the same however many do. An answer that counts on others of them is "no": then the client's
 * bytes are received and hashed, as if the content were new to the account.
 */
import type { Checksum, PartOfObject, Place } from "../model.ts";
import { type Reader as Rows, type Statement, statement } from "./engine.ts";
import { prefixRange } from "./key-range.ts";
import { fromJson } from "./rows.ts";

/** `places` undefined: the access key reaches everything its account may read. */
export interface BlobReader {
  readonly accountId: number;
  readonly places: readonly Place[] | undefined;
}

const LOOKED_AT = 100;
/** Ids begin at 1. */
const NO_BLOB = 0;

const liveNames = `FROM (
    SELECT id, bucket_id, key, is_latest, owner_id, etag, checksum FROM objects WHERE blob_id = ? LIMIT ?) AS objects
    JOIN buckets ON buckets.id = objects.bucket_id
  WHERE objects.is_latest = 1 AND objects.owner_id IS NULL AND buckets.account_id = ?`;
const inPlace = "AND buckets.name = ? AND objects.key >= ? AND objects.key < ?";

const columns = "objects.checksum AS checksum";
const selectReadable = statement<ChecksumRow>("blob-readable", `SELECT ${columns} ${liveNames} LIMIT 1`);
const selectReadableIn = statement<ChecksumRow>(
  "blob-readable-in",
  `SELECT ${columns} ${liveNames} ${inPlace} LIMIT 1`,
);
const withChecksum = "AND objects.checksum IS NOT NULL LIMIT 20";
const selectChecksums = statement<ChecksumRow>(
  "blob-checksums",
  `SELECT DISTINCT ${columns} ${liveNames} ${withChecksum}`,
);
const selectChecksumsIn = statement<ChecksumRow>(
  "blob-checksums-in",
  `SELECT DISTINCT ${columns} ${liveNames} ${inPlace} ${withChecksum}`,
);

/** One whose ETag is the md5 of the bytes comes first. */
const firstName = "ORDER BY instr(objects.etag, '-'), objects.id LIMIT 1";
const nameColumns = "objects.id AS id, objects.etag AS etag";
const selectName = statement<NameRow>("blob-name", `SELECT ${nameColumns} ${liveNames} ${firstName}`);
const selectNameIn = statement<NameRow>("blob-name-in", `SELECT ${nameColumns} ${liveNames} ${inPlace} ${firstName}`);
const selectParts = statement<{ parts: string | null }>("object-parts", "SELECT parts FROM objects WHERE id = ?");

interface NameRow {
  readonly id: number;
  readonly etag: string;
}

/** What the object under a name says of its bytes. */
export interface ReadableName {
  /** An md5 where any of the reader's objects has one; else of an object that was uploaded in parts. */
  readonly etag: string;
  readonly parts: readonly PartOfObject[] | undefined;
}

interface ChecksumRow {
  readonly checksum: string | null;
}

export async function isReadableBy(rows: Rows, blobId: number, reader: BlobReader): Promise<boolean> {
  return (await select(rows, blobId, reader, selectReadable, selectReadableIn)).length > 0;
}

/** The additional checksums, up to 20, of the objects that `isReadableBy` counts. */
export async function readableChecksums(rows: Rows, blobId: number, reader: BlobReader): Promise<readonly Checksum[]> {
  const found = await select(rows, blobId, reader, selectChecksums, selectChecksumsIn);
  return found.flatMap(({ checksum }) => fromJson<Checksum>(checksum) ?? []);
}

/**
 * Of the objects that `isReadableBy` counts, the one that a new name can be made like. `blobId` undefined: the content
 * is not known; the database is asked the same, so that the answer takes as long.
 */
export async function readableName(
  rows: Rows,
  blobId: number | undefined,
  reader: BlobReader,
): Promise<ReadableName | undefined> {
  const names = await select(rows, blobId ?? NO_BLOB, reader, selectName, selectNameIn);
  const name = names.find(({ etag }) => !etag.includes("-")) ?? names[0];
  if (name === undefined) return undefined;
  const row = name.etag.includes("-") ? await rows.get(selectParts, [name.id]) : undefined;
  return { etag: name.etag, parts: row && fromJson<readonly PartOfObject[]>(row.parts) };
}

async function select<Row>(
  rows: Rows,
  blobId: number,
  { accountId, places }: BlobReader,
  everywhere: Statement<Row>,
  within: Statement<Row>,
): Promise<readonly Row[]> {
  if (places === undefined) return rows.all(everywhere, [blobId, LOOKED_AT, accountId]);
  const found = places.map(({ bucket, prefix }) => {
    const { from, to } = prefixRange(prefix, undefined);
    return rows.all(within, [blobId, LOOKED_AT, accountId, bucket, from, to]);
  });
  return (await Promise.all(found)).flat();
}
