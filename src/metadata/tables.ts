/**
 * The tables that the journal carries: all that cannot be made again from others or found on the backends. Others start
 * empty in a restored database: reservations of keys (what was written under them is found by the inventory), the
 * quarantine, counts, the ring of history, links that sign in, and which regions read what.
 */
import type { Parameter, Statement } from "./engine.ts";

export interface CarriedTable {
  readonly name: string;
  /** One column of a number, one of text, or one of each: rows with the same values travel together. */
  readonly group: { readonly number?: string; readonly text?: string };
  /** In this order pages of it are read; unique. */
  readonly order: readonly string[];
}

/** Each after those it refers to. Which of their changes count: the triggers of the schema. */
export const TABLES: readonly CarriedTable[] = [
  { name: "accounts", group: { number: "id" }, order: ["id"] },
  { name: "access_keys", group: { text: "access_key_id" }, order: ["access_key_id"] },
  { name: "buckets", group: { number: "id" }, order: ["id"] },
  { name: "backends", group: { text: "name" }, order: ["name"] },
  { name: "blobs", group: { number: "id" }, order: ["id"] },
  { name: "replicas", group: { number: "blob_id" }, order: ["blob_id", "backend"] },
  { name: "objects", group: { number: "id" }, order: ["id"] },
  { name: "uploads", group: { text: "upload_id" }, order: ["upload_id"] },
  { name: "upload_backends", group: { text: "upload_id" }, order: ["upload_id", "backend"] },
  { name: "parts", group: { number: "part_number", text: "upload_id" }, order: ["upload_id", "part_number"] },
  { name: "completed_uploads", group: { text: "upload_id" }, order: ["upload_id"] },
  { name: "old_keys_deleted", group: { number: "bucket_id", text: "key" }, order: ["bucket_id", "key"] },
  { name: "jobs", group: { number: "id" }, order: ["id"] },
];

/** The rows of one table, as they are stored. */
export interface Rows {
  readonly table: string;
  readonly columns: readonly string[];
  /** A value for each column. */
  readonly rows: readonly (readonly Parameter[])[];
}

/** `group`: its number (0: it has none) and its text (empty: none). */
export type GroupKey = readonly [number: number, text: string];

/** Rows that take the place of all that stand in these groups. */
export interface ChangedRows extends Rows {
  readonly groups: readonly GroupKey[];
}

export type StoredRow = Readonly<Record<string, Parameter>>;

export function toRows(table: string, found: readonly StoredRow[]): Rows {
  const columns = Object.keys(found[0] ?? {});
  return { table, columns, rows: found.map((row) => columns.map((column) => row[column] ?? null)) };
}

/** The page of `table` after a row, or the first. Parameters: a value for each column of the order, and a count. */
export function pageOf({ name, order }: CarriedTable, isFirst: boolean): Statement<StoredRow> {
  const columns = order.join(", ");
  const after = isFirst ? "" : `WHERE (${columns}) > (${order.map(() => "?").join(", ")})`;
  return {
    name: `page-of-${name}${isFirst ? "-first" : ""}`,
    text: `SELECT * FROM ${name} ${after} ORDER BY ${columns} LIMIT ?`,
  };
}

/** Every row of the groups of `table` that were recorded up to an id, its parameter. */
export function recordedRows({ name, group }: CarriedTable): Statement<StoredRow> {
  const ofNumber = group.number ? `${name}.${group.number} = recorded.row_number` : "";
  const ofText = group.text ? `${name}.${group.text} = recorded.row_text` : "";
  return {
    name: `recorded-${name}`,
    text: `SELECT ${name}.* FROM ${name} JOIN (SELECT DISTINCT row_number, row_text FROM journal_changes
      WHERE table_name = '${name}' AND id <= ?) AS recorded ON ${[ofNumber, ofText].filter(Boolean).join(" AND ")}`,
  };
}
