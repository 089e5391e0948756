/**
 * Pages of keys. Without a delimiter a page is one range of the index; with one, each step seeks past all keys of the
 * last common prefix, so that a page reads as many index entries as it shows.
 */
import type { ListedObject } from "../model.ts";
import { type Reader, statement } from "./engine.ts";
import { afterPrefix, compareKeys, prefixRange } from "./key-range.ts";
import { type ListedRow, listedColumns, toListedObject } from "./rows.ts";

export interface ListPage {
  readonly prefix: string;
  /** Undefined: no common prefixes. */
  readonly delimiter: string | undefined;
  /**
   * Exclusive start: keys and common prefixes at or before it are skipped. A marker that is a common prefix skips all
   * its keys.
   */
  readonly after: string | undefined;
  /** Keys and common prefixes together. */
  readonly limit: number;
}

export interface Listing {
  /** Keys and common prefixes together, in byte order. */
  readonly entries: readonly ({ readonly object: ListedObject } | { readonly commonPrefix: string })[];
  readonly truncated: boolean;
  /** The last key or common prefix of this page when truncated. */
  readonly next: string | undefined;
}

const listFlat = statement<ListedRow>(
  "objects-flat",
  `SELECT ${listedColumns} FROM objects
  WHERE bucket_id = ? AND is_latest = 1 AND is_delete_marker = 0 AND key >= ? AND key < ? ORDER BY key LIMIT ?`,
);

/**
 * Parameters: 1 bucket, 2 from, 3 to, 4 length of the prefix in characters, 5 delimiter, 6 what follows it, 7 smallest
 * character, 8 limit.
 */
const listRolledUp = statement<ListedRow & { readonly found: string }>(
  "objects-rolled-up",
  `WITH RECURSIVE walk (found, place) AS (
    SELECT (SELECT key FROM objects
      WHERE bucket_id = ?1 AND is_latest = 1 AND is_delete_marker = 0 AND key >= ?2 AND key < ?3
      ORDER BY key LIMIT 1), 1
    UNION ALL
    SELECT (SELECT key FROM objects
      WHERE bucket_id = ?1 AND is_latest = 1 AND is_delete_marker = 0 AND key < ?3 AND key >=
        CASE WHEN instr(substr(walk.found, ?4 + 1), ?5) = 0 THEN walk.found || ?7
        ELSE substr(walk.found, 1, ?4 + instr(substr(walk.found, ?4 + 1), ?5) - 1) || ?6 END
      ORDER BY key LIMIT 1), walk.place + 1
    FROM walk WHERE walk.found IS NOT NULL AND walk.place < ?8
  )
  SELECT walk.found AS found, ${listedColumns} FROM walk
  LEFT JOIN objects ON objects.bucket_id = ?1 AND objects.is_latest = 1 AND objects.key = walk.found
    AND instr(substr(walk.found, ?4 + 1), ?5) = 0
  WHERE walk.found IS NOT NULL ORDER BY walk.place`,
);

export async function listObjects(reader: Reader, bucketId: number, page: ListPage): Promise<Listing> {
  if (page.limit <= 0) return { entries: [], truncated: false, next: undefined };
  const entries = page.delimiter
    ? await rolledUp(reader, bucketId, page, page.delimiter)
    : await flat(reader, bucketId, page);
  const truncated = entries.length > page.limit;
  if (!truncated) return { entries, truncated, next: undefined };
  entries.length = page.limit;
  const last = entries.at(-1);
  return { entries, truncated, next: last && ("object" in last ? last.object.key : last.commonPrefix) };
}

type Entry = Listing["entries"][number];

async function flat(reader: Reader, bucketId: number, page: ListPage): Promise<Entry[]> {
  const { from, to } = prefixRange(page.prefix, page.after);
  const rows = await reader.all(listFlat, [bucketId, from, to, page.limit + 1]);
  return rows.map((row) => ({ object: toListedObject(row) }));
}

async function rolledUp(reader: Reader, bucketId: number, page: ListPage, delimiter: string): Promise<Entry[]> {
  const { prefix, after } = page;
  const covered =
    after !== undefined && compareKeys(after, prefix) >= 0 ? commonPrefix(after, prefix, delimiter) : undefined;
  const range = prefixRange(prefix, after);
  const from = covered === undefined ? range.from : afterPrefix(covered);
  const length = Array.from(prefix).length;
  const rows = await reader.all(listRolledUp, [
    bucketId,
    from,
    range.to,
    length,
    delimiter,
    afterPrefix(delimiter),
    "\u0001",
    page.limit + 1,
  ]);
  return rows.map((row) => {
    const rolled = commonPrefix(row.found, prefix, delimiter);
    return rolled === undefined ? { object: toListedObject(row) } : { commonPrefix: rolled };
  });
}

/** Up to and including the first delimiter after the prefix; undefined: the key has none there. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
