/** `nearbucket serve`: the gateway of a configuration file. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { type SettingOptions, withSettings } from "./options.ts";
import { serveUntilStopped } from "./run-gateway.ts";
import type { Terminal } from "./terminal.ts";

export function addServe(program: Command, terminal: Terminal): void {
  withSettings(program.command("serve").description("run the gateway of a configuration file"))
    .option(
      "--config <file>",
      "the configuration file; without it NEARBUCKET_CONFIG names one",
      terminal.env["NEARBUCKET_CONFIG"] ?? "nearbucket.yaml",
    )
    .action(async ({ config, set }: SettingOptions & { readonly config: string }) => {
      await serveUntilStopped(await loadConfig(resolve(terminal.directory, config), terminal.env, set), terminal);
    });
}
