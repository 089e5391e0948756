/** `nearbucket migrate`: moves the database to another engine or server, while no gateway runs on it. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig, loadExistingConfig } from "../config/load.ts";
import { migrateDatabase } from "../migration.ts";
import { audit } from "./audit.ts";
import { count } from "./layout.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}

export function addMigrate(program: Command, terminal: Terminal): void {
  program
    .command("migrate")
    .description("copy the database into the empty one of another configuration, from SQLite to PostgreSQL or back")
    .requiredOption("--from <file>", "the configuration file that is in use; its gateways must be stopped")
    .requiredOption("--to <file>", "the same configuration with another `metadata`")
    .option("--json", "as one JSON document")
    .action(async ({ from, to, json = false }: Options) => {
      const at = (file: string) => resolve(terminal.directory, file);
      const source = await loadExistingConfig(at(from), terminal.env);
      const { digest, counts } = await migrateDatabase(source, await loadConfig(at(to), terminal.env));
      audit(terminal, "migrate", { digest });
      const amounts = Object.entries(counts).map(([table, rows]) => `${count(rows)} ${table.replaceAll("_", " ")}`);
      terminal.print(
        json
          ? JSON.stringify({ digest, counts }, undefined, 2)
          : `Copied and compared: ${amounts.join(", ")}.\nsha256 of all rows: ${digest}\nStart the gateway with ${to}.`,
      );
    });
}
