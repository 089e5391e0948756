/**
 * Lists a disk in byte order of the keys. The disk must be in place before the first key and after the last, so that a
 * lost mount never looks like a short list. A file that is not whole is listed too, with an empty ETag, which no object
 * has. A listing from the beginning also takes away what dead processes left: it comes once a day.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BackendError, type ListedBlob } from "../backend.ts";
import { codeOf, type Disk } from "./files.ts";
import { PARTS_SUFFIX } from "./layout.ts";
import { readManifest, statWithTrailer } from "./objects.ts";
import { sweepTemporary } from "./sweep.ts";

export async function* listDisk(disk: Disk, prefix: string, after = ""): AsyncGenerator<ListedBlob> {
  await disk.checkPresent();
  if (after === "") await sweepTemporary(disk);
  yield* walk(disk, "", { prefix, after });
  await disk.checkPresent();
}

/** Directories that hold none of the keys asked for are not read. */
async function* walk(
  disk: Disk,
  above: string,
  wanted: { readonly prefix: string; readonly after: string },
): AsyncGenerator<ListedBlob> {
  const { prefix, after } = wanted;
  const directory = join(disk.directory, "data", above);
  for (const { key, isDirectory, isParts } of await entries(disk, directory, above)) {
    if (isDirectory) {
      const isWanted = key.startsWith(prefix) || prefix.startsWith(key);
      if (isWanted && (key > after || after.startsWith(key))) yield* walk(disk, key, wanted);
    } else if (key.startsWith(prefix) && key > after) {
      const found = await look(disk, key, isParts);
      if (found !== undefined) yield found;
    }
  }
}

/** Sorted as whole keys: a directory counts with its slash. */
async function entries(disk: Disk, directory: string, above: string) {
  try {
    const found = (await disk.run(() => readdir(directory, { withFileTypes: true }))).map((entry) => {
      const isParts = entry.isDirectory() && entry.name.endsWith(PARTS_SUFFIX);
      const isDirectory = entry.isDirectory() && !isParts;
      const name = isParts ? entry.name.slice(0, -PARTS_SUFFIX.length) : entry.name;
      return { key: `${above}${name}${isDirectory ? "/" : ""}`, isDirectory, isParts };
    });
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  } catch (error) {
    throw await disk.translate(error, directory);
  }
}

/** Undefined: deleted since the directory was read. */
async function look(disk: Disk, key: string, isParts: boolean): Promise<ListedBlob | undefined> {
  const path = join(disk.directory, "data", key);
  try {
    if (!isParts) return { key, ...(await wholeFile(disk, path)) };
    const directory = `${path}${PARTS_SUFFIX}`;
    const { mtime } = await disk.run(() => stat(directory));
    const { size, etag } = (await wholeManifest(disk, directory)) ?? { size: 0, etag: "" };
    return { key, size, etag, modifiedAt: mtime };
  } catch (error) {
    const translated =
      codeOf(error) === "ENOENT" || !(error instanceof BackendError) ? await disk.translate(error, path) : error;
    if (translated.fault !== "absent") throw translated;
    return undefined;
  }
}

/** One whose trailer cannot be read is not whole. */
async function wholeFile(disk: Disk, path: string) {
  try {
    return await statWithTrailer(disk, path);
  } catch (error) {
    const failure = await disk.translateRead(error, path);
    if (failure.fault !== "corrupt") throw failure;
    const { size, mtime } = await disk.run(() => stat(path));
    return { size, etag: "", modifiedAt: mtime };
  }
}

/** Undefined: it is missing, or not whole. */
async function wholeManifest(disk: Disk, directory: string) {
  try {
    return await readManifest(disk, directory);
  } catch (error) {
    if (error instanceof BackendError && (error.fault === "absent" || error.fault === "corrupt")) return undefined;
    throw error;
  }
}
