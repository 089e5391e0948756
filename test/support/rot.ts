/** Damage to the files of a store, behind its back. */
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Changes one bit of the byte at `at`. */
export async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Swaps the two halves of the bytes before `at`. */
async function swap(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const length = Math.floor(at / 2);
  const [first, second] = [bytes.subarray(0, length), bytes.subarray(length, 2 * length)];
  await writeFile(path, Buffer.concat([second, first, bytes.subarray(2 * length)]));
}

/** Each damages the content of a file; `at` is a byte of it. */
export const harms: readonly (readonly [string, (path: string, at: number) => Promise<void>])[] = [
  ["flipped", flip],
  ["truncated", truncate],
  ["swapped", swap],
];

/** The files below a directory. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The file in which a write left its bytes, below a directory of the store; of its third part if it has parts. */
export async function fileMadeBy(directory: string, write: () => Promise<unknown>): Promise<string> {
  const before = new Set(await filesBelow(directory));
  await write();
  const made = (await filesBelow(directory)).filter((path) => !before.has(path));
  const third = made.find((path) => /\/(part\.3|00003)$/.test(path));
  const sized = await Promise.all(made.map(async (path) => ({ path, size: (await stat(path)).size })));
  const largest = sized.sort((a, b) => b.size - a.size)[0]?.path;
  const found = third ?? largest;
  if (found === undefined) throw new Error(`no file was made below ${directory}`);
  return found;
}
