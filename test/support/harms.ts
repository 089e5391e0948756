/** Rot: what can become of the bytes of a file behind the back of the store that wrote it. */
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Each damages the content of a file; `at` is a byte of it. */
export const harms: readonly (readonly [string, (path: string, at: number) => Promise<void>])[] = [
  [
    "flipped",
    async (path, at) => {
      const bytes = await readFile(path);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
  ],
  ["truncated", truncate],
  [
    "swapped",
    async (path, at) => {
      const bytes = await readFile(path);
      const length = Math.floor(at / 2);
      const [first, second] = [bytes.subarray(0, length), bytes.subarray(length, 2 * length)];
      await writeFile(path, Buffer.concat([second, first, bytes.subarray(2 * length)]));
    },
  ],
];

/** The files below a directory. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
