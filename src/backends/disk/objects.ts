/**
 * Finds an object on a disk: one file, or a directory of parts with its manifest. An object that is not whole is
 * corrupt and is never served.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BackendError, type BackendStat } from "../backend.ts";
import type { Segment } from "./body.ts";
import { closeFile, codeOf, type Disk, openFile, readFully, statFile } from "./files.ts";
import { MANIFEST, PARTS_SUFFIX, parseManifest, parseTrailer, TRAILER_SIZE } from "./layout.ts";

export interface FoundFile extends BackendStat {
  readonly modifiedAt: Date;
  /** False: cut, or not written by a disk backend. */
  readonly isWhole: boolean;
}

/** Size and ETag by a file's trailer; for a file that is not whole, an empty ETag and the size that is left. */
export async function statWithTrailer(path: string): Promise<FoundFile> {
  const fd = await openFile(path, "r");
  try {
    const { size, mtime } = await statFile(fd);
    const bytes = Buffer.allocUnsafe(Math.min(size, TRAILER_SIZE));
    const count = await readFully(fd, bytes, size - bytes.length);
    const found = count < TRAILER_SIZE ? undefined : parseTrailer(bytes, size);
    return {
      ...(found ?? { etag: "", size: Math.max(size - TRAILER_SIZE, 0) }),
      modifiedAt: mtime,
      isWhole: found !== undefined,
    };
  } finally {
    await closeFile(fd);
  }
}

export interface FoundObject extends BackendStat {
  readonly segments: readonly Segment[];
  /** All bytes of a small object, when the caller asked for them; then no segment holds an open file. */
  readonly bytes: Buffer | undefined;
}

/** Objects up to this size are read by one call. */
const SMALL = 64 * 1024;

/** Opens the object at `path`; the first segment of a single file carries an open descriptor. Throws BackendError. */
export async function findObject(disk: Disk, path: string, toRead: boolean): Promise<FoundObject> {
  try {
    return await openSingle(disk, path, toRead);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw await disk.translate(error, path);
  }
  const { etag, size, parts } = await readManifest(disk, `${path}${PARTS_SUFFIX}`);
  const segments = parts.map((part) => ({ path: join(`${path}${PARTS_SUFFIX}`, part.file), size: part.size }));
  return { etag, size, segments, bytes: undefined };
}

async function openSingle(disk: Disk, path: string, toRead: boolean): Promise<FoundObject> {
  const fd = await openFile(path, "r");
  let isKept = false;
  try {
    const { size: fileSize } = await statFile(fd);
    const isSmall = toRead && fileSize <= SMALL + TRAILER_SIZE;
    const tail = Buffer.allocUnsafe(isSmall ? fileSize : Math.min(fileSize, TRAILER_SIZE));
    const count = await readFully(fd, tail, fileSize - tail.length);
    const found = count < TRAILER_SIZE ? undefined : parseTrailer(tail.subarray(-TRAILER_SIZE), fileSize);
    if (found === undefined) throw disk.fault("corrupt", `${path} is not whole`);
    if (isSmall) return { ...found, segments: [], bytes: tail.subarray(0, found.size) };
    isKept = true;
    return { ...found, segments: [{ path, size: found.size, fd }], bytes: undefined };
  } finally {
    if (!isKept) await closeFile(fd);
  }
}

export async function readManifest(disk: Disk, directory: string) {
  try {
    const manifest = parseManifest(await readFile(join(directory, MANIFEST), "utf8"));
    if (manifest === undefined) throw disk.fault("corrupt", `${directory}/${MANIFEST} is not whole`);
    return manifest;
  } catch (error) {
    throw error instanceof SyntaxError
      ? new BackendError(disk.backend, "corrupt", { cause: error, detail: `${directory}/${MANIFEST}` })
      : await disk.translate(error, directory);
  }
}
