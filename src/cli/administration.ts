/**
 * Opens the database of a configuration file or of a demo's data directory. A gateway may be running on it.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { type Administration, openAdministration } from "../administration.ts";
import { loadExistingConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { demoDatabaseConfig } from "./demo-config.ts";
import type { Terminal } from "./terminal.ts";

/** The options that every such command takes. */
export interface WhereOptions {
  readonly config?: string;
  readonly data?: string;
}

export function withWhere(command: Command): Command {
  return command
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .option("--data <directory>", "the demo's data directory");
}

/** Reads a configuration file. By default there must be a database already; with `loadConfig` a new one is made. */
type Load = typeof loadExistingConfig;

/**
 * Runs `work` and closes the database again. `--data` means a demo, `--config` or NEARBUCKET_CONFIG a configuration
 * file.
 */
export async function administer(
  where: WhereOptions,
  terminal: Terminal,
  work: (administration: Administration, config: GatewayConfig) => Promise<void>,
  load: Load = loadExistingConfig,
): Promise<void> {
  const config = await findConfig(where, terminal, load);
  const administration = await openAdministration(config, where.data === undefined);
  try {
    await work(administration, config);
  } finally {
    await administration.close();
  }
}

/** Throws when neither option is given, or both are, and where `load` does. */
export function findConfig(
  { config, data }: WhereOptions,
  { env, directory }: Terminal,
  load: Load = loadExistingConfig,
): Promise<GatewayConfig> {
  if (config !== undefined && data !== undefined) throw new Error("give --config or --data, not both");
  if (data !== undefined) return demoDatabaseConfig(resolve(directory, data));
  const file = config ?? env["NEARBUCKET_CONFIG"];
  if (file === undefined)
    throw new Error("this works beside a gateway's data only: give --config FILE, or --data DIR for a demo");
  return load(resolve(directory, file), env);
}
