/** How many files go into one claim: the call takes 1,000 files and 1 MiB of JSON. */

const MAX_FILES = 1000;
const MAX_BYTES = 900 * 1024;

/** The first files that fit; at least one. `bytesOf`: what the file takes in the document. */
export function firstBatch<T>(files: readonly T[], bytesOf: (file: T) => number): T[] {
  let bytes = 0;
  const end = files.findIndex((file, index) => {
    bytes += bytesOf(file);
    return index === MAX_FILES || (index > 0 && bytes > MAX_BYTES);
  });
  return files.slice(0, end === -1 ? files.length : end);
}
