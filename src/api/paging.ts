/**
 * Pages of a list in the order of a name: the cursor is the list and the last name of a page, in a form that nobody
 * reads. It gives no right: whoever makes one up begins elsewhere in what they may see anyway.
 */
import { badRequest } from "./problems.ts";

/**
 * The name that a page of this list begins behind; undefined: the first page. Throws BadRequest for what is no cursor,
 * and for that of another list.
 */
export function readCursor(list: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const name = text.slice(list.length + 1);
  if (name === "" || name.includes("\0") || cursorOf(list, name) !== cursor) throw notACursor();
  return name;
}

export function notACursor(): Error {
  return badRequest("/cursor", "expected the `next` of another page of this list");
}

/** `rows`: one more than `limit` where there is one. */
export function pageOfRows<Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  nameOf: (row: Row) => string,
  toItem: (row: Row) => Item,
): { readonly items: readonly Item[]; readonly next: string | undefined } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last !== undefined ? cursorOf(list, nameOf(last)) : undefined,
  };
}

function cursorOf(list: string, name: string): string {
  return Buffer.from(`${list}:${name}`).toString("base64url");
}
