/** What a snapshot, a copy of the database or a comparison reads. */
import type { Parameter, Reader } from "./engine.ts";
import { pageOf, type Rows, TABLES, toRows } from "./tables.ts";

/**
 * Every row that the journal carries, table by table in the order of TABLES, in pages. They are not of one moment where
 * others write meanwhile.
 */
export async function* allRows(reader: Pick<Reader, "all">, inPage: number): AsyncGenerator<Rows> {
  for (const table of TABLES) {
    let after: readonly Parameter[] | undefined;
    do {
      const found = await reader.all(pageOf(table, after === undefined), [...(after ?? []), inPage]);
      if (found.length > 0) yield toRows(table.name, found);
      const last = found.length < inPage ? undefined : found.at(-1);
      after = last && table.order.map((column) => last[column] ?? null);
    } while (after !== undefined);
  }
}
