/**
 * Who may read the content of a blob: the account that owns a live object with it, in its own bucket and not written by
 * another account, and only within the access key's scope. Only the first objects that refer to a blob are looked at,
 * so that a look costs the same however many do. An answer that counts on others of them is "no": then the client's
 * bytes are received and hashed, as if the content were new to the account.
 */
import type { Checksum, Place } from "../model.ts";
import { type Reader as Rows, type Statement, statement } from "./engine.ts";
import { prefixRange } from "./key-range.ts";
import { fromJson } from "./rows.ts";

/** `places` undefined: the access key reaches everything its account may read. */
export interface BlobReader {
  readonly accountId: number;
  readonly places: readonly Place[] | undefined;
}

const LOOKED_AT = 100;

const liveNames = `FROM (SELECT bucket_id, key, is_latest, owner_id, checksum FROM objects WHERE blob_id = ? LIMIT ?)
    AS objects JOIN buckets ON buckets.id = objects.bucket_id
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

async function select(
  rows: Rows,
  blobId: number,
  { accountId, places }: BlobReader,
  everywhere: Statement<ChecksumRow>,
  within: Statement<ChecksumRow>,
): Promise<readonly ChecksumRow[]> {
  if (places === undefined) return rows.all(everywhere, [blobId, LOOKED_AT, accountId]);
  const found = places.map(({ bucket, prefix }) => {
    const { from, to } = prefixRange(prefix, undefined);
    return rows.all(within, [blobId, LOOKED_AT, accountId, bucket, from, to]);
  });
  return (await Promise.all(found)).flat();
}
