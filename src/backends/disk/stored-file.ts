/**
 * A finished file on a disk, open for reading. Its bytes are given out in whole blocks that were held against their
 * checksums first; files of the first version have no checksums, and only their length is checked.
 */
import { BLOCK_SIZE, blocksFit, tableSizeWithin } from "./block-checksums.ts";
import type { Disk } from "./files.ts";
import { parseTrailer, TRAILER_SIZE } from "./layout.ts";
import type { OpenFile } from "./open-file.ts";

export interface StoredFile {
  readonly path: string;
  readonly file: OpenFile;
  /** Of the content. */
  readonly size: number;
  readonly etag: string;
  /** Undefined: a file of the first version. */
  readonly checksums: Buffer | undefined;
  /** All bytes of a small file, checked already. */
  readonly bytes: Buffer | undefined;
}

/** Files with up to this many bytes of content are read by one call. */
const SMALL = BLOCK_SIZE;

/** Opens a file; the caller closes or abandons it. Throws corrupt when it is not whole, and what file calls throw. */
export async function openStored(disk: Disk, path: string): Promise<StoredFile> {
  const file = await disk.open(path, "r");
  try {
    const { size: fileSize } = await file.stat();
    const inOne = fileSize <= SMALL + tableSizeWithin(fileSize) + TRAILER_SIZE;
    const wanted = inOne ? fileSize : tableSizeWithin(fileSize - TRAILER_SIZE) + TRAILER_SIZE;
    const tail = Buffer.allocUnsafe(wanted);
    const count = await file.read(tail, fileSize - wanted);
    const trailer = count < wanted ? undefined : parseTrailer(tail.subarray(-TRAILER_SIZE), fileSize);
    if (trailer === undefined) throw disk.fault("corrupt", `${path} is not whole`);
    const { size, etag, tableSize } = trailer;
    const end = wanted - TRAILER_SIZE;
    const checksums = tableSize === 0 && size > 0 ? undefined : tail.subarray(end - tableSize, end);
    const bytes = inOne ? tail.subarray(0, size) : undefined;
    const stored = { path, file, size, etag, checksums, bytes };
    if (bytes !== undefined) checkBlocks(disk, stored, bytes, 0);
    return stored;
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/**
 * The bytes from `first` to `end` (exclusive), or fewer: up to the end of the last of `blocks` blocks. Throws corrupt
 * when any byte of these blocks is not what was written.
 */
export async function readBlocks(
  disk: Disk,
  stored: StoredFile,
  first: number,
  end: number,
  blocks: number,
): Promise<Buffer> {
  if (stored.bytes !== undefined) return stored.bytes.subarray(first, end);
  const block = Math.floor(first / BLOCK_SIZE);
  const position = block * BLOCK_SIZE;
  const last = Math.min(Math.ceil(end / BLOCK_SIZE), block + blocks);
  const bytes = Buffer.allocUnsafe(Math.min(last * BLOCK_SIZE, stored.size) - position);
  const count = await stored.file.read(bytes, position);
  if (count < bytes.length)
    throw disk.fault("corrupt", `${stored.path} ends ${stored.size - position - count} bytes early`);
  checkBlocks(disk, stored, bytes, block);
  return bytes.subarray(first - position, end - position);
}

function checkBlocks(disk: Disk, { path, checksums }: StoredFile, bytes: Buffer, first: number): void {
  if (checksums === undefined || blocksFit(bytes, first, checksums)) return;
  throw disk.fault("corrupt", `${path} has other bytes than were written, after byte ${first * BLOCK_SIZE}`);
}
