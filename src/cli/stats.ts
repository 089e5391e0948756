/** `nearbucket stats`: what is stored, how often, and what that saved. */
import type { Command } from "commander";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import type { Terminal } from "./terminal.ts";

export function addStats(program: Command, terminal: Terminal): void {
  withWhere(program.command("stats").description("show what is stored, beside a running gateway"))
    .option("--json", "as one JSON document")
    .action((options: WhereOptions & { readonly json?: true }) =>
      administer(options, terminal, async (administration) => {
        const report = await administration.stats();
        terminal.print(options.json === true ? JSON.stringify(report, undefined, 2) : table(Object.entries(report)));
      }),
    );
}

function table(rows: readonly (readonly [string, number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
