/** The triggers that record which rows changed. A row is recorded under a number, a text, or both. */
import type { Dialect } from "./migration.ts";

export interface Recorded {
  readonly table: string;
  readonly number?: string;
  readonly text?: string;
  /** Recorded when one of these changes; undefined: always. */
  readonly columns?: string;
  readonly where?: (row: "NEW" | "OLD") => string;
}

const EVENTS = [
  { event: "insert", row: "NEW" },
  { event: "update", row: "NEW" },
  { event: "delete", row: "OLD" },
] as const;

/** What records the changes of tables. */
export function recording(dialect: Dialect, tables: readonly Recorded[]): readonly string[] {
  return tables.flatMap(({ table, number, text, columns, where }) =>
    EVENTS.flatMap(({ event, row }) => {
      const name = `${table}_${event}_recorded`;
      const of = event === "update" && columns !== undefined ? ` OF ${columns}` : "";
      const group = `'${table}', ${number ? `${row}.${number}` : 0}, ${text ? `${row}.${text}` : "''"}`;
      const record = `INSERT INTO journal_changes (table_name, row_number, row_text) VALUES (${group})`;
      const when = [...(where ? [where(row)] : []), "EXISTS (SELECT 1 FROM journal_head)"].join(" AND ");
      const on = `AFTER ${event.toUpperCase()}${of} ON ${table}`;
      return dialect === "sqlite"
        ? [`CREATE TRIGGER ${name} ${on} WHEN ${when} BEGIN ${record}; END`]
        : [
            `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN IF ${when} THEN ${record}; END IF; RETURN NULL; END $$`,
            `CREATE TRIGGER ${name} ${on} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
          ];
    }),
  );
}
