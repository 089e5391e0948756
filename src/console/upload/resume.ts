/**
 * Which parts of an unfinished upload stand. Another file may have been uploaded under the same key, so an upload is
 * continued only when each of its parts is proven to be this file's: by number, size and sha256.
 */
import type { Part } from "./parts.ts";

export interface StoredPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  /** Hex sha256; undefined where the upload was not started with that checksum, so not by this console. */
  readonly sha256: string | undefined;
}

export interface Standing {
  readonly part: Part;
  readonly stored: StoredPart;
}

/**
 * The stored parts beside the parts of this file that they would have to be; undefined where one cannot be: it has
 * another size, or no sha256. An upload without parts proves nothing and saves nothing.
 */
export function matchBySize(parts: readonly Part[], stored: readonly StoredPart[]): Standing[] | undefined {
  const found = stored.map((each) => ({ part: parts[each.number - 1], stored: each }));
  const fits = found.filter((each): each is Standing => each.part !== undefined && isLike(each.part, each.stored));
  return fits.length === 0 || fits.length < stored.length ? undefined : fits;
}

function isLike({ from, to }: Part, { size, sha256 }: StoredPart): boolean {
  return size === to - from && sha256 !== undefined;
}
