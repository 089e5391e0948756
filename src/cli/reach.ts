/**
 * Where a command does its work, by its options: beside the data of a gateway, or over the API of a running one. This
 * is the only place that chooses.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadExistingConfig } from "../config/load.ts";
import { administer, findConfig, type WhereOptions, withWhere } from "./administration.ts";
import { type Api, openApi } from "./api-client.ts";
import { nearUrl } from "./ask-gateway.ts";
import { reachBeside } from "./beside/reached.ts";
import { readCredentials } from "./credentials-file.ts";
import { addressFile, credentialsFile } from "./demo-config.ts";
import { type EndpointOptions, findApi } from "./endpoint.ts";
import type { Reached } from "./reached.ts";
import { reachRemote } from "./remote/reached.ts";
import type { Terminal } from "./terminal.ts";

export interface ReachOptions extends WhereOptions, EndpointOptions {
  /** Beside data: where the gateway answers operators. */
  readonly gateway?: string;
}

/** Beside data, where a command asks the gateway on it. */
const RUNNING = ". This command asks the running gateway: start it, or give --endpoint";

export function withReach(command: Command): Command {
  return withWhere(command)
    .option("--endpoint <url>", "a running gateway; without it NEARBUCKET_ENDPOINT or the AWS tools' settings name one")
    .option("--profile <name>", "a profile of the AWS credentials and config files: endpoint and access key")
    .option("--ca <file>", "trust this CA (PEM), for a gateway with a certificate of its own");
}

/** `load`: how a configuration file is read. Throws when nothing says which gateway, or two options say different. */
export async function reach(
  options: ReachOptions,
  terminal: Terminal,
  work: (reached: Reached) => Promise<void>,
  load = loadExistingConfig,
): Promise<void> {
  if (isBeside(options, terminal))
    return administer(
      options,
      terminal,
      (administration, config) =>
        work(
          reachBeside({
            ...{ administration, config, terminal },
            knowsBackends: options.data === undefined,
            gatewayUrl: options.gateway,
          }),
        ),
      load,
    );
  return work(reachRemote(await needApi(options, terminal), terminal));
}

/** For what only a running gateway does. A configuration or a demo says where it listens, and with which key. */
export async function reachApi(options: ReachOptions, terminal: Terminal): Promise<Api> {
  if (!isBeside(options, terminal)) return needApi(options, terminal);
  if (options.data !== undefined) return demoApi(resolve(terminal.directory, options.data));
  const config = await findConfig(options, terminal);
  const endpoint = nearUrl(config.listen, config.tls !== undefined);
  if (endpoint === undefined) throw new Error("its port is chosen by the system: name its address with --endpoint");
  return openApi({
    ...{ endpoint, key: config.rootKey, region: config.region, caFile: config.tls?.certificate },
    hint: RUNNING,
  });
}

/** A configuration in the environment goes before an endpoint there, and options go before both. */
export function isBeside({ config, data, endpoint, profile }: ReachOptions, { env }: Terminal): boolean {
  const besides = config !== undefined || data !== undefined;
  const remote = endpoint !== undefined || profile !== undefined;
  if (besides && remote) throw new Error("give --config or --data, or else --endpoint or --profile, not both");
  return besides || (!remote && env["NEARBUCKET_CONFIG"] !== undefined);
}

async function needApi(options: ReachOptions, terminal: Terminal): Promise<Api> {
  const api = await findApi(options, terminal);
  if (api !== undefined) return api;
  throw new Error(
    "say which gateway: --config FILE, or --data DIR for a demo, or --endpoint URL or --profile NAME of a running one",
  );
}

async function demoApi(directory: string): Promise<Api> {
  const key = await readCredentials(credentialsFile(directory));
  if (key === undefined)
    throw new Error(`${directory} holds no demo: start one with nearbucket demo --data ${directory}`);
  const endpoint = (await readFile(addressFile(directory), "utf8")).trim();
  return openApi({ endpoint, key, region: "us-east-1", caFile: undefined, hint: RUNNING });
}
