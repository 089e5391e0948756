/** `nearbucket stats`: what is stored, how often, and what that saved. */
import type { Command } from "commander";
import { columns } from "./columns.ts";
import { count, size } from "./layout.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import type { Terminal } from "./terminal.ts";

export function addStats(program: Command, terminal: Terminal): void {
  withReach(program.command("stats").description("show what is stored, how often, and what that saves"))
    .option("--json", "as one JSON document")
    .action((options: ReachOptions & { readonly json?: true }) =>
      reach(options, terminal, async (reached) => {
        const report = await reached.stats();
        terminal.print(options.json === true ? JSON.stringify(report, undefined, 2) : table(Object.entries(report)));
      }),
    );
}

function table(rows: readonly (readonly [string, number])[]): string {
  return columns(rows.map(([name, value]) => [name, valueText(name, value)]));
}

function valueText(name: string, value: number): string {
  if (name.endsWith("Bytes")) return size(value);
  return Number.isInteger(value) ? count(value) : value.toFixed(2);
}
