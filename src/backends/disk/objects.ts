/**
 * Finds an object on a disk: one file, or a directory of parts with its manifest. An object that is not whole is
 * corrupt and is never served.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BackendError, type BackendStat } from "../backend.ts";
import type { Segment } from "./body.ts";
import { codeOf, type Disk } from "./files.ts";
import { MANIFEST, PARTS_SUFFIX, parseManifest, parseTrailer, TRAILER_SIZE } from "./layout.ts";
import { openStored } from "./stored-file.ts";

export interface FoundFile extends BackendStat {
  readonly modifiedAt: Date;
}

/** Size and ETag by a file's trailer; for a file that is not whole, an empty ETag and about the size that is left. */
export function statWithTrailer(disk: Disk, path: string): Promise<FoundFile> {
  return disk.use(path, "r", async (file) => {
    const { size, mtime } = await file.stat();
    const bytes = Buffer.allocUnsafe(Math.min(size, TRAILER_SIZE));
    const count = await file.read(bytes, size - bytes.length);
    const found = count < TRAILER_SIZE ? undefined : parseTrailer(bytes, size);
    return {
      etag: found?.etag ?? "",
      size: found?.size ?? Math.max(size - TRAILER_SIZE, 0),
      modifiedAt: mtime,
    };
  });
}

export interface FoundObject extends BackendStat {
  readonly segments: readonly Segment[];
  /** All bytes of a small object, checked; then no segment is left to read. */
  readonly bytes: Buffer | undefined;
}

/** Opens the object at `path`; the only segment of a single file is open already. Throws BackendError. */
export async function openObject(disk: Disk, path: string): Promise<FoundObject> {
  try {
    const stored = await openStored(disk, path);
    const { size, etag, bytes } = stored;
    if (bytes === undefined) return { size, etag, bytes, segments: [{ path, size, etag, stored }] };
    await stored.file.close();
    return { size, etag, bytes, segments: [] };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw await disk.translateRead(error, path);
  }
  const { etag, size, parts } = await readManifest(disk, `${path}${PARTS_SUFFIX}`);
  const segments = parts.map((part) => ({
    path: join(`${path}${PARTS_SUFFIX}`, part.file),
    size: part.size,
    etag: part.etag,
  }));
  return { etag, size, segments, bytes: undefined };
}

/** What the object at `path` says of itself; its bytes are not read. Throws BackendError. */
export async function statObject(disk: Disk, path: string): Promise<BackendStat> {
  try {
    const { size, etag } = await statWithTrailer(disk, path);
    if (etag === "") throw disk.fault("corrupt", `${path} is not whole`);
    return { size, etag };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw await disk.translateRead(error, path);
  }
  const { size, etag } = await readManifest(disk, `${path}${PARTS_SUFFIX}`);
  return { size, etag };
}

export async function readManifest(disk: Disk, directory: string) {
  try {
    const manifest = parseManifest(await disk.run(() => readFile(join(directory, MANIFEST), "utf8")));
    if (manifest === undefined) throw disk.fault("corrupt", `${directory}/${MANIFEST} is not whole`);
    return manifest;
  } catch (error) {
    throw error instanceof SyntaxError
      ? new BackendError(disk.backend, "corrupt", { cause: error, detail: `${directory}/${MANIFEST}` })
      : await disk.translateRead(error, directory);
  }
}
