/**
 * What becomes of the files somebody chose: their keys, and which cannot be stored and why. Nothing is left out in
 * silence: hidden and empty files are files, and what is not uploaded is counted.
 */
import { MAX_OBJECT_BYTES } from "./parts.ts";

/** A file as it was dropped or picked. */
export interface Found<F> {
  /** With its folders, as the browser tells: `holiday/2026/a.jpg`. */
  readonly path: string;
  readonly size: number;
  readonly file: F;
}

export interface Chosen<F> extends Found<F> {
  readonly key: string;
}

export interface Unfit {
  readonly path: string;
  readonly why: string;
}

export interface Selection<F> {
  readonly chosen: readonly Chosen<F>[];
  readonly unfit: readonly Unfit[];
  /** Files that systems leave in folders for their own use. */
  readonly litter: number;
}

const LITTER = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);
const MAX_KEY_BYTES = 1024;

/**
 * `prefix`: the folder that is shown; "" or ending in a slash. Names are kept as they are: S3 never normalises a key.
 * Of two files with one key the later one counts, as when they are uploaded one after the other.
 */
export function select<F>(found: readonly Found<F>[], prefix: string): Selection<F> {
  const chosen = new Map<string, Chosen<F>>();
  const unfit: Unfit[] = [];
  let litter = 0;
  for (const each of found) {
    if (LITTER.has(each.path.slice(each.path.lastIndexOf("/") + 1))) {
      litter += 1;
      continue;
    }
    const key = prefix + each.path.replace(/^\/+/, "");
    const why = faultOf(key, each.size);
    if (why !== undefined) unfit.push({ path: each.path, why });
    else chosen.set(key, { ...each, key });
  }
  return { chosen: [...chosen.values()], unfit, litter };
}

function faultOf(key: string, size: number): string | undefined {
  if (!isUnicode(key)) return "The name holds characters that are no valid text. Rename the file.";
  if (key.includes("\0")) return "The name holds a NUL character. Rename the file.";
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES)
    return `With its folders the name is longer than ${MAX_KEY_BYTES} bytes. Shorten it.`;
  if (size > MAX_OBJECT_BYTES) return "The file is larger than 5 TiB, which is the most that S3 stores in one object.";
  return undefined;
}

/** A lone surrogate, as in some names on Windows, has no UTF-8. */
function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
