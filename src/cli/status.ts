/** `nearbucket status`: is everything safe now, where does it stand, and when will it be safe again. */
import type { Command } from "commander";
import { endWith } from "./exit-code.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import { statusText } from "./status-text.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends ReachOptions {
  readonly json?: true;
}

/** Exit code when something is not safe, or is not known to be. */
const NOT_SAFE = 2;

export function addStatus(program: Command, terminal: Terminal): void {
  withReach(program.command("status").description("show what is safe, where it stands, and when repair is done"))
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action((options: Options) =>
      reach(options, terminal, async (reached) => {
        const { report, gateway } = await reached.status();
        const document = { gateway, ...report };
        terminal.print(options.json === true ? JSON.stringify(document, undefined, 2) : statusText(report, gateway));
        if (report.verdict !== "safe") endWith(NOT_SAFE);
      }),
    );
}
