/** One digest over all rows that the journal carries, alike for both engines. */
import { createHash } from "node:crypto";
import type { Rows } from "./tables.ts";

export interface RowsDigest {
  /** sha256 in hex. */
  readonly digest: string;
  /** By table. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a database that is filled gets anew: leases are nobody's there. */
const NOT_COUNTED = new Set(["lease_until", "completing_until"]);

/** `pages`: in the order of the tables and of their rows. */
export async function digestRows(pages: AsyncIterable<Rows>): Promise<RowsDigest> {
  const hash = createHash("sha256");
  const counts: Record<string, number> = {};
  for await (const { table, columns, rows } of pages) {
    counts[table] = (counts[table] ?? 0) + rows.length;
    const places = columns.map((column, at) => [column, at] as const).filter(([column]) => !NOT_COUNTED.has(column));
    places.sort(([a], [b]) => (a < b ? -1 : 1));
    for (const row of rows) hash.update(`${table} ${JSON.stringify(places.map(([, at]) => row[at]))}\n`);
  }
  return { digest: hash.digest("hex"), counts };
}
