/**
 * How a listing is begun in the midst of a bucket, so that it is whole on every service.
 *
 * MinIO reads about as many names as it was asked for, and takes for the end of what it reads that it has none left.
 * Among them are those that it passes over on its way to a start in a folder: for one in `a/`, the names `a-1` and
 * `a.txt`. So a start never lies in a folder of what is asked for: the rest of the folder is read first, then what
 * follows it.
 */

/** What follows `after`, or begins with it where `isIncluded`. */
export interface Step {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly isIncluded?: true;
}

export interface Stepped {
  readonly prefix: string;
  readonly delimiter?: string | undefined;
}

/** Behind every key of a prefix that S3 lists in byte order. */
export const LAST = "\u{10FFFF}";
/** MinIO errs about the end of pages of one or two entries. */
export const LEAST = 50;
export const FOLDER = "/";
/** The character that follows it. */
const BEHIND_FOLDER = "0";

/** In order; none: nothing can follow. Nothing need be told of keys that begin with `hidden`. */
export function stepsOf({ prefix, delimiter }: Stepped, from: string | undefined, hidden: string | undefined): Step[] {
  // MinIO takes no start outside of the prefix.
  if (from === undefined || prefix.startsWith(from)) return [{ prefix, after: undefined }];
  if (!from.startsWith(prefix)) return compareBytes(from, prefix) < 0 ? [{ prefix, after: undefined }] : [];
  const covered = [commonPrefixOf(from, prefix, delimiter), hidden && from.startsWith(hidden) ? hidden : undefined]
    .filter((one) => one !== undefined)
    .sort((a, b) => a.length - b.length)[0];
  const behind = covered === undefined ? from : covered + LAST;
  const marker = compareBytes(behind, from) > 0 ? behind : from;
  const steps: Step[] = [];
  let start: Omit<Step, "prefix"> = { after: marker };
  for (const folder of foldersOf(marker, prefix)) {
    if (covered === undefined || !folder.startsWith(covered)) steps.push({ prefix: folder, ...start });
    start = { after: folder.slice(0, -FOLDER.length) + BEHIND_FOLDER, isIncluded: true };
  }
  return [...steps, { prefix, ...start }];
}

/** Of a key, below the prefix; the innermost first. */
function foldersOf(key: string, prefix: string): readonly string[] {
  const ends = Array.from(key.matchAll(/\//g), ({ index }) => index + 1);
  return ends
    .filter((end) => end > prefix.length)
    .reverse()
    .map((end) => key.slice(0, end));
}

/** Up to and including the first delimiter after the prefix; undefined: there is none. */
export function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The order of keys in a listing, which is not that of UTF-16. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
