/** Removes what dead processes left in `tmp/`; what is younger than a day may belong to a live process. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, type Disk } from "./files.ts";

const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/** The disk need not be there. Throws BackendError. */
export async function sweepTemporary(disk: Disk): Promise<void> {
  const directory = join(disk.directory, "tmp");
  try {
    for (const name of (await unlessMissing(disk.run(() => readdir(directory)))) ?? []) {
      const path = join(directory, name);
      const found = await unlessMissing(disk.run(() => stat(path)));
      if (found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_AGE_MS)
        await disk.run(() => rm(path, { recursive: true, force: true }));
    }
  } catch (error) {
    throw await disk.translate(error, directory);
  }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
