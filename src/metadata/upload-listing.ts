/**
 * Pages of the uploads in progress in a bucket, in byte order of key, then by start; index seeks skip common
 * prefixes.
 */
import { type Reader, statement } from "./engine.ts";
import { afterKey, afterPrefix, compareKeys, prefixRange } from "./key-range.ts";
import { commonPrefix } from "./object-listing.ts";
import { toUploads, type Upload, type UploadRow, uploadColumns } from "./upload-rows.ts";

export interface UploadPage {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly afterKey: string | undefined;
  /** Only with `afterKey`: skips uploads of that key up to and including this one; without it all of that key. */
  readonly afterUploadId: string | undefined;
  readonly limit: number;
}

export interface UploadsListing {
  readonly entries: readonly ({ readonly upload: Upload } | { readonly commonPrefix: string })[];
  readonly truncated: boolean;
}

/** Ids grow with time, so within a key they are ordered by start. */
const selectFrom = statement<UploadRow>(
  "uploads-from",
  `SELECT ${uploadColumns} FROM (
    SELECT * FROM uploads
    WHERE bucket_id = ? AND key < ? AND (key > ? OR (key = ? AND upload_id > ?)) AND key >= ?
    ORDER BY key, upload_id LIMIT ?
  ) AS uploads LEFT JOIN upload_backends ON upload_backends.upload_id = uploads.upload_id
  ORDER BY uploads.key, uploads.upload_id, upload_backends.backend`,
);

/** Rows fetched at a time while grouping: a seek skips further rows of the same common prefix. */
const rollUpRows = 50;

export async function listUploads(reader: Reader, bucketId: number, page: UploadPage): Promise<UploadsListing> {
  if (page.limit <= 0) return { entries: [], truncated: false };
  const { prefix, delimiter, limit } = page;
  const entries: UploadsListing["entries"][number][] = [];
  const { to } = prefixRange(prefix, undefined);
  let from = start(page);
  while (entries.length <= limit) {
    const wanted = delimiter ? Math.min(rollUpRows, limit + 1) : limit + 1;
    const uploads = toUploads(
      await reader.all(selectFrom, [bucketId, to, from.key, from.key, from.uploadId, from.key, wanted]),
    );
    for (const upload of uploads) {
      const rolled = delimiter ? commonPrefix(upload.key, prefix, delimiter) : undefined;
      if (rolled === undefined) {
        entries.push({ upload });
        from = { key: upload.key, uploadId: upload.uploadId };
      } else {
        const last = entries.at(-1);
        if (!(last && "commonPrefix" in last && last.commonPrefix === rolled)) entries.push({ commonPrefix: rolled });
        from = { key: afterPrefix(rolled), uploadId: "" };
      }
    }
    if (uploads.length < wanted) break;
  }
  return { entries: entries.slice(0, limit), truncated: entries.length > limit };
}

/** Uploads of `key` after `uploadId`, then those of greater keys. */
function start(page: UploadPage): { readonly key: string; readonly uploadId: string } {
  const { prefix, delimiter, afterKey: marker } = page;
  if (marker === undefined || compareKeys(marker, prefix) < 0) return { key: prefix, uploadId: "" };
  const covered = delimiter ? commonPrefix(marker, prefix, delimiter) : undefined;
  if (covered !== undefined) return { key: afterPrefix(covered), uploadId: "" };
  return page.afterUploadId ? { key: marker, uploadId: page.afterUploadId } : { key: afterKey(marker), uploadId: "" };
}
