/**
 * `nearbucket doctor`: looks at everything that a gateway depends on, and says what to do: from where it is run, or,
 * over the API, from the gateway's machine. It writes a test object to each backend and deletes it again; it changes
 * nothing else.
 */
import type { Command } from "commander";
import { examine } from "../admin/checks/examine.ts";
import { error, type Finding, ok, severity, warning } from "../admin/checks/finding.ts";
import { type Administration, examinePlaces, examineStores, openAdministration } from "../administration.ts";
import { inspectConfig, missingDatabase } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { findings as findingsAnswer } from "../contract/backends.ts";
import { reasonOf } from "../log.ts";
import { findConfig } from "./administration.ts";
import { askGateway, type GatewayAnswer } from "./ask-gateway.ts";
import { checkConfiguration } from "./check-config.ts";
import { doctorText } from "./doctor-text.ts";
import { endWith } from "./exit-code.ts";
import { isBeside, type ReachOptions, reachApi, withReach } from "./reach.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends ReachOptions {
  readonly json?: true;
}

/** Each backend may be given up on after some seconds. */
const PATIENCE_MS = 300_000;
const LEVELS = { ok: "ok", warning: "warning", failed: "error" } as const;

export function addDoctor(program: Command, terminal: Terminal): void {
  withReach(
    program
      .command("doctor")
      .description("look at clocks, backends, redirects, disks, database and configuration, and say what to do"),
  )
    .option("--gateway <url>", "where the gateway answers operators; by default as the configuration says")
    .option("--json", "as one JSON document")
    .action(async (options: Options) => {
      const findings = await diagnose(options, terminal);
      const document = { exitCode: severity(findings), findings };
      terminal.print(options.json === true ? JSON.stringify(document, undefined, 2) : doctorText(findings));
      if (document.exitCode > 0) endWith(document.exitCode);
    });
}

/** The backends of a demo are known to its gateway alone: it is asked. */
async function diagnose(options: Options, terminal: Terminal): Promise<readonly Finding[]> {
  try {
    if (isBeside(options, terminal) && options.data === undefined)
      return await diagnoseBeside(await findConfig(options, terminal, inspectConfig), options.gateway);
  } catch (failure) {
    return [failed("configuration", failure, "Correct that, and ask again.")];
  }
  try {
    return await diagnoseRemote(options, terminal);
  } catch (failure) {
    return [failed("gateway", failure, "On its machine, nearbucket doctor --config FILE says more.")];
  }
}

function failed(check: string, failure: unknown, remedy: string): Finding {
  const says = failure instanceof Error ? failure.message : String(failure);
  return error({ check, subject: undefined, says, remedy });
}

async function diagnoseRemote(options: Options, terminal: Terminal): Promise<readonly Finding[]> {
  const api = await reachApi(options, terminal);
  const { findings } = await api.call("POST", "/examination", findingsAnswer, { patienceMs: PATIENCE_MS });
  return [
    ok("gateway", api.endpoint, "answers, and looked at what follows from its own machine"),
    ...findings.map(({ result, check, subject, detail: says = "", advice: remedy }) => ({
      ...{ level: LEVELS[result], check, subject, says, remedy },
    })),
  ];
}

async function diagnoseBeside(config: GatewayConfig, gatewayUrl: string | undefined): Promise<readonly Finding[]> {
  const gateway = await askGateway(config, gatewayUrl);
  const live = gateway.status?.backends ?? [];
  const missing = missingDatabase(config);
  const rest =
    missing === undefined
      ? await withDatabase(config, (administration) => examineStores(config, administration, gateway.status))
      : [
          ...(await examinePlaces(config, config.backends)),
          noDatabase(missing),
          ...(await examine(config.backends, undefined, live)),
        ];
  return [...checkConfiguration(config), ok("node", undefined, nodeVersion()), gatewayFinding(gateway), ...rest];
}

function nodeVersion(): string {
  return `Node ${process.versions.node}`;
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
    const places = await examinePlaces(config, config.backends);
    return [...places, error({ check: "database", subject: undefined, says, remedy })];
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
