/** What is chosen, in a few words. Pure. */
import { countOf } from "../../../ui/format.ts";
import { piecesOf } from "../../../ui/name-pieces.ts";
import type { Entry } from "../listing.ts";
import { folderOf } from "../names.ts";

/** The name of one, the number of several. */
export function titleOf(entries: readonly Pick<Entry, "kind" | "key">[]): string {
  const [only, more] = entries;
  return only !== undefined && more === undefined ? shown(nameIn(only)) : countOf(entries.length, "name");
}

/** Without the folders before it, and without a folder's slash. */
export function nameIn({ kind, key }: Pick<Entry, "kind" | "key">): string {
  const path = kind === "folder" ? key.slice(0, -1) : key;
  return path.slice(folderOf(path).length);
}

/** What cannot be seen in a name is written out, as everywhere. */
function shown(name: string): string {
  return piecesOf(name)
    .map(({ text }) => text)
    .join("");
}
