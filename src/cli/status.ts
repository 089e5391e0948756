/** `nearbucket status`: is everything safe now, where does it stand, and when will it be safe again. */
import type { Command } from "commander";
import { reportStatus } from "../admin/status-report.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { askGateway } from "./ask-gateway.ts";
import { endWith } from "./exit-code.ts";
import { statusText } from "./status-text.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends WhereOptions {
  readonly gateway?: string;
  readonly json?: true;
}

/** Exit code when something is not safe, or is not known to be. */
const NOT_SAFE = 2;

export function addStatus(program: Command, terminal: Terminal): void {
  withWhere(program.command("status").description("show what is safe, where it stands, and when repair is done"))
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action((options: Options) =>
      administer(options, terminal, async ({ metadata }, config) => {
        const gateway = await askGateway(config, options.gateway);
        const report = await reportStatus({
          metadata,
          // A demo's stores are known to its gateway alone.
          configured: options.data === undefined ? config.backends : undefined,
          copies: config.copies,
          graceMs: config.repair.graceMinutes * 60_000,
          live: gateway.status,
          now: new Date(),
        });
        const { url, status, reason } = gateway;
        const document = { gateway: { url, startedAt: status?.startedAt, reason }, ...report };
        terminal.print(options.json === true ? JSON.stringify(document, undefined, 2) : statusText(report, gateway));
        if (report.verdict !== "safe") endWith(NOT_SAFE);
      }),
    );
}
