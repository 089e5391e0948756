/** Pages of a list in the order of a name: the cursor is the last name of a page, in a form that says nothing. */
import { ApiError } from "./problems.ts";

/** The name that a page begins behind; undefined: the first page. Throws BadRequest for what is no cursor. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const name = Buffer.from(cursor, "base64url").toString("utf8");
  if (name === "" || name.includes("\0") || cursorOf(name) !== cursor)
    throw new ApiError("BadRequest", undefined, {
      faults: [{ pointer: "/cursor", detail: "expected the `next` of another page" }],
    });
  return name;
}

/** `rows`: one more than `limit` where there is one. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  nameOf: (row: Row) => string,
  toItem: (row: Row) => Item,
): { readonly items: readonly Item[]; readonly next: string | undefined } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last !== undefined ? cursorOf(nameOf(last)) : undefined,
  };
}

function cursorOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}
