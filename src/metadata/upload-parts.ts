/**
 * The parts of uploads, each on some of the upload's backends. A backend is whole while it holds every part recorded;
 * at any time one is, or no part is recorded: only from a whole one can the object be made.
 */
import { S3Error } from "../errors.ts";
import { type Connection, type Reader, statement } from "./engine.ts";
import { fromJson } from "./rows.ts";

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

interface PartRow {
  readonly part_number: number;
  readonly size: number;
  readonly etag: string;
  readonly checksum: string | null;
  readonly modified_at: number;
  readonly backends: string;
}

const lockUpload = statement("part-upload-lock", "SELECT upload_id FROM uploads WHERE upload_id = ? FOR UPDATE");
const insertPart = statement<never>(
  "part-save",
  `INSERT INTO parts (upload_id, part_number, size, etag, checksum, modified_at, backends)
  SELECT upload_id, CAST(? AS INTEGER), CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT), ? FROM uploads WHERE upload_id = ?
  ON CONFLICT (upload_id, part_number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
    checksum = excluded.checksum, modified_at = excluded.modified_at, backends = excluded.backends`,
);
const selectFormer = statement<{ backends: string }>(
  "part-backends",
  "SELECT backends FROM parts WHERE upload_id = ? AND part_number = ?",
);
const selectMissing = statement<{ backend: string; missing_parts: number }>(
  "upload-missing-parts",
  "SELECT backend, missing_parts FROM upload_backends WHERE upload_id = ? AND backend_upload_id <> ''",
);
const setMissing = statement<never>(
  "upload-missing-parts-set",
  "UPDATE upload_backends SET missing_parts = ? WHERE upload_id = ? AND backend = ?",
);
const selectParts = statement<PartRow>(
  "parts-list",
  `SELECT part_number, size, etag, checksum, modified_at, backends FROM parts
  WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?`,
);

/**
 * Replaces the part of that number. Throws NoSuchUpload when the upload has ended; ServiceUnavailable when no backend
 * would be whole with it: sent again, it may reach one that is.
 */
export async function savePart(c: Connection, uploadId: string, part: UploadedPart): Promise<void> {
  await c.lock(lockUpload, [uploadId]);
  const former = await c.get(selectFormer, [uploadId, part.partNumber]);
  const held = former && fromJson<readonly string[]>(former.backends);
  const before = await c.all(selectMissing, [uploadId]);
  const after = before.map(({ backend, missing_parts: missing }) => ({
    backend,
    missing: missing + lacks(part.backends, backend) - (held ? lacks(held, backend) : 0),
  }));
  if (after.length > 0 && after.every(({ missing }) => missing > 0)) throw noneWhole(part);
  for (const [index, { backend, missing }] of after.entries())
    if (missing !== before[index]?.missing_parts) await c.run(setMissing, [missing, uploadId, backend]);
  const values = [part.partNumber, part.size, part.etag, part.checksum ?? null, part.modifiedAt.getTime()];
  if ((await c.run(insertPart, [...values, JSON.stringify(part.backends), uploadId])) === 0)
    throw new S3Error("NoSuchUpload");
}

export async function listParts(
  read: Reader,
  uploadId: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly UploadedPart[]> {
  return (await read.all(selectParts, [uploadId, page.after, page.limit])).map(toPart);
}

function lacks(backends: readonly string[], backend: string): 0 | 1 {
  return backends.includes(backend) ? 0 : 1;
}

function noneWhole({ partNumber, backends }: UploadedPart): S3Error {
  const cause = new Error(`with part ${partNumber} on ${backends.join(", ") || "none"} no backend holds every part`);
  return new S3Error("ServiceUnavailable", { headers: { "Retry-After": "2" } }, { cause });
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
