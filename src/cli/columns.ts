/**
 * Rows of text as columns that are as wide as their widest cell. The first row is the heading; `right` names those of
 * it whose cells stand on the right.
 */
export function columns(rows: readonly (readonly string[])[], right: readonly string[] = []): string {
  const [heading = []] = rows;
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const placed = (cell: string, column: number) =>
    right.includes(heading[column] ?? "") ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(placed).join("  ").trimEnd()).join("\n");
}
