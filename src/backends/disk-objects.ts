/** Finding an object on a disk: one file, or a directory of parts with its manifest. What is not whole is corrupt, never shown. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BackendError, type BackendStat } from "./backend.ts";
import type { Segment } from "./disk-body.ts";
import { closeFile, codeOf, type Disk, openFile, readFully, statFile } from "./disk-files.ts";
import { MANIFEST, PARTS_SUFFIX, parseManifest, parseTrailer, TRAILER_SIZE } from "./disk-layout.ts";

export interface FoundFile extends BackendStat {
  readonly modifiedAt: Date;
}

/** Reads and checks the trailer of an open file. */
export async function readTrailer(disk: Disk, fd: number, path: string): Promise<FoundFile> {
  const { size, mtime } = await statFile(fd);
  const bytes = Buffer.allocUnsafe(TRAILER_SIZE);
  if (size >= TRAILER_SIZE) await readFully(fd, bytes, size - TRAILER_SIZE);
  const found = size >= TRAILER_SIZE ? parseTrailer(bytes, size) : undefined;
  if (found === undefined) throw disk.fault("corrupt", `${path} is not whole`);
  return { ...found, modifiedAt: mtime };
}

/** The trailer's facts of a closed file. */
export async function statWithTrailer(disk: Disk, path: string): Promise<FoundFile> {
  const fd = await openFile(path, "r");
  try {
    return await readTrailer(disk, fd, path);
  } finally {
    await closeFile(fd);
  }
}

export interface FoundObject extends BackendStat {
  readonly segments: readonly Segment[];
}

/** Opens the object at `path`; the first segment of a single file carries an open descriptor. Throws BackendError. */
export async function findObject(disk: Disk, path: string): Promise<FoundObject> {
  try {
    return await openSingle(disk, path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw await disk.translate(error, path);
  }
  const { etag, size, parts } = await readManifest(disk, `${path}${PARTS_SUFFIX}`);
  return { etag, size, segments: parts.map((part) => ({ path: join(`${path}${PARTS_SUFFIX}`, part.file), size: part.size })) };
}

async function openSingle(disk: Disk, path: string): Promise<FoundObject> {
  const fd = await openFile(path, "r");
  try {
    const { etag, size } = await readTrailer(disk, fd, path);
    return { etag, size, segments: [{ path, size, fd }] };
  } catch (error) {
    await closeFile(fd);
    throw error;
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
