/** Segments, snapshots and their chunks as sealed files. Each says of which journal it is and where it belongs. */
import { z } from "zod";
import type { ChangedRows, Rows } from "../metadata/tables.ts";
import type { KeyRing } from "./journal-keys.ts";
import { BadJournalFile, openFile, type SealedFile, sealFile } from "./sealed-file.ts";

const position = { journal: z.string(), number: z.int(), epoch: z.int() };
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const segmentHeader = z.object({
  kind: z.literal("segment"),
  ...position,
  /** The hash of the segment before it; empty: it is the first. */
  previous: z.union([hash, z.literal("")]),
  at: z.iso.datetime(),
  /** The version of the database's schema. */
  schema: z.int(),
  /** As Collected.more. */
  more: z.boolean(),
});
const chunkHeader = z.object({ kind: z.literal("chunk"), ...position, chunk: z.int(), schema: z.int() });
const snapshotHeader = z.object({
  kind: z.literal("snapshot"),
  ...position,
  /** Of the segment `number`; empty: there was none. */
  hash: z.union([hash, z.literal("")]),
  /** It is whole with the segments up to this one. */
  through: z.int(),
  at: z.iso.datetime(),
  schema: z.int(),
  rows: z.int(),
  chunks: z.array(hash),
});

export type SegmentHeader = z.infer<typeof segmentHeader>;
export type ChunkHeader = z.infer<typeof chunkHeader>;
export type SnapshotHeader = z.infer<typeof snapshotHeader>;

export interface Segment {
  readonly header: SegmentHeader;
  readonly changed: readonly ChangedRows[];
  readonly hash: string;
}

export function sealSegment(
  header: SegmentHeader,
  changed: readonly ChangedRows[],
  keys: KeyRing,
): Promise<SealedFile> {
  return sealFile(header, JSON.stringify(changed), keys);
}

/** Throws BadJournalFile. */
export async function openSegment(bytes: Buffer, keys: KeyRing): Promise<Segment> {
  const opened = await openFile(bytes, keys);
  const changed: readonly ChangedRows[] = JSON.parse(opened.body.toString("utf8"));
  return { header: headerAs(segmentHeader, opened.header, "segment"), changed, hash: opened.hash };
}

/** `pages`: of rows, as JSON. */
export function sealChunk(header: ChunkHeader, pages: readonly string[], keys: KeyRing): Promise<SealedFile> {
  return sealFile(header, `[${pages.join()}]`, keys);
}

/** Throws BadJournalFile. */
export async function openChunk(
  bytes: Buffer,
  keys: KeyRing,
): Promise<{ readonly header: ChunkHeader; readonly rows: readonly Rows[]; readonly hash: string }> {
  const opened = await openFile(bytes, keys);
  const rows: readonly Rows[] = JSON.parse(opened.body.toString("utf8"));
  return { header: headerAs(chunkHeader, opened.header, "chunk of a snapshot"), rows, hash: opened.hash };
}

export function sealSnapshot(header: SnapshotHeader, keys: KeyRing): Promise<SealedFile> {
  return sealFile(header, "", keys);
}

/** Throws BadJournalFile. */
export async function openSnapshot(bytes: Buffer, keys: KeyRing): Promise<SnapshotHeader> {
  return headerAs(snapshotHeader, (await openFile(bytes, keys)).header, "index of a snapshot");
}

/** Authentic files have headers of this form, unless one stands in another's place or a newer version wrote it. */
function headerAs<T>(schema: z.ZodType<T>, header: unknown, kind: string): T {
  const parsed = schema.safeParse(header);
  if (!parsed.success) throw new BadJournalFile(`is no ${kind} that this version reads`);
  return parsed.data;
}
