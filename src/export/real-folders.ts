/**
 * Folders made below one that is trusted. Each is looked at before anything is written below it: a symbolic link in its
 * place is refused, so that nothing is ever written elsewhere.
 */
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";

export interface RealFolders {
  /** Makes the folders of a path below the base. Throws where one of them is something else. */
  make(path: readonly string[]): Promise<void>;
}

/** It costs one look to be forgotten. */
const REMEMBERED = 10_000;

export function realFolders(base: string): RealFolders {
  const seen = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    async make(path) {
      let folder = base;
      for (const name of path) {
        folder = join(folder, name);
        if (seen.has(folder)) continue;
        await makeReal(folder);
        seen.set(folder, true);
      }
    },
  };
}

/** A folder that is no link, made where nothing is. */
export async function makeReal(folder: string): Promise<void> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  if (!(await lstat(folder)).isDirectory()) throw new Error(`${folder} is no folder: nothing is written there`);
}
