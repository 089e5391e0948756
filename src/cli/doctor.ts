/**
 * `nearbucket doctor`: looks at everything that a gateway depends on, from where it is run, and says what to do. It
 * writes a test object to each backend and deletes it again; it changes nothing else.
 */
import { dirname } from "node:path";
import type { Command } from "commander";
import { checkDatabase } from "../admin/checks/database.ts";
import { error, type Finding, ok, severity, warning } from "../admin/checks/finding.ts";
import { checkInventories } from "../admin/checks/inventory.ts";
import { checkScrubs } from "../admin/checks/scrub.ts";
import { checkSpace, type WrittenPlace } from "../admin/checks/space.ts";
import { type Administration, openAdministration } from "../administration.ts";
import { inspectConfig, missingDatabase } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { reasonOf } from "../log.ts";
import { findConfig } from "./administration.ts";
import { askGateway, type GatewayAnswer } from "./ask-gateway.ts";
import { examine } from "./check-backend.ts";
import { checkConfiguration } from "./check-config.ts";
import { doctorText } from "./doctor-text.ts";
import { endWith } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly config?: string;
  readonly gateway?: string;
  readonly json?: true;
}

export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command("doctor")
    .description("look at clocks, backends, redirects, disks, database and configuration, and say what to do")
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action(async (options: Options) => {
      const findings = await diagnose(options, terminal);
      const document = { exitCode: severity(findings), findings };
      terminal.print(options.json === true ? JSON.stringify(document, undefined, 2) : doctorText(findings));
      if (document.exitCode > 0) endWith(document.exitCode);
    });
}

async function diagnose(options: Options, terminal: Terminal): Promise<readonly Finding[]> {
  let config: GatewayConfig;
  try {
    config = await findConfig(options, terminal, inspectConfig);
  } catch (failure) {
    const says = failure instanceof Error ? failure.message : String(failure);
    return [error({ check: "configuration", subject: undefined, says, remedy: "Correct that, and ask again." })];
  }
  const [gateway, space] = [await askGateway(config, options.gateway), await checkSpace(writtenPlaces(config))];
  const live = gateway.status?.backends ?? [];
  const missing = missingDatabase(config);
  const rest =
    missing === undefined
      ? await withDatabase(config, async ({ metadata, backends }) => [
          ...(await checkDatabase({ metadata, backends: config.backends })),
          ...(await checkScrubs(metadata, config.scrub.days, new Date())),
          ...(await checkInventories({ metadata, hours: config.inventory.hours, now: new Date() })),
          ...(await examine(await backends.configurations(), metadata, live)),
        ])
      : [noDatabase(missing), ...(await examine(config.backends, undefined, live))];
  return [
    ...checkConfiguration(config),
    ok("node", undefined, nodeVersion()),
    gatewayFinding(gateway),
    ...space,
    ...rest,
  ];
}

function nodeVersion(): string {
  return `Node ${process.versions.node}`;
}

function writtenPlaces(config: GatewayConfig): readonly WrittenPlace[] {
  const { dataDirectory, metadata, backends } = config;
  return [
    { what: "the data directory", path: dataDirectory, isBackend: false },
    ...(metadata.kind === "sqlite" ? [{ what: "the database", path: dirname(metadata.file), isBackend: false }] : []),
    ...backends.flatMap((backend) =>
      backend.kind === "disk"
        ? [{ what: `the disk of ${backend.name}`, path: backend.directory, isBackend: true }]
        : [],
    ),
  ];
}

async function withDatabase(
  config: GatewayConfig,
  look: (administration: Administration) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let administration: Administration;
  try {
    administration = await openAdministration(config);
  } catch (failure) {
    const says = `cannot be used: ${reasonOf(failure) ?? String(failure)}`;
    const remedy = "See that it runs, and that the configuration names it and its password.";
    return [error({ check: "database", subject: undefined, says, remedy })];
  }
  try {
    return await look(administration);
  } finally {
    await administration.close();
  }
}

function noDatabase(subject: string): Finding {
  const remedy = "The first start of the gateway makes it. If there was one, correct dataDirectory or metadata.file.";
  return warning({ check: "database", subject, says: "there is no database yet", remedy });
}

function gatewayFinding({ url, status, reason }: GatewayAnswer): Finding {
  if (status === undefined) {
    const remedy = "Start the gateway, or let it take this machine for an operator: docs/running.md.";
    return warning({ check: "gateway", subject: url, says: `does not answer: ${reason}`, remedy });
  }
  const up = status.backends.filter((backend) => backend.up).length;
  const says = `runs since ${status.startedAt.toISOString()}, ${up} of ${status.backends.length} backends are up`;
  return ok("gateway", url, says);
}
