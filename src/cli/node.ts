/** `nearbucket node`: a disk served over S3, for a machine that has a disk and no S3 service. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { type NodeOptions, nodeConfig } from "./node-config.ts";
import { type SettingOptions, wholeNumber, withSettings } from "./options.ts";
import { serveUntilStopped } from "./run-gateway.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends SettingOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly logLevel: NodeOptions["logLevel"];
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] satisfies NodeOptions["logLevel"][];

export function addNode(program: Command, terminal: Terminal): void {
  withSettings(program.command("node"))
    .description(
      "serve one disk over S3, as a backend for a gateway; its root key comes from NEARBUCKET_ROOT_ACCESS_KEY and " +
        "NEARBUCKET_ROOT_SECRET_KEY",
    )
    .requiredOption("--data <directory>", "where the node keeps everything", terminal.env["NEARBUCKET_DATA"])
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .option("--port <number>", "the port to listen on; 0: the system chooses", wholeNumber(0, 65_535), 9000)
    .option("--region <name>", "the region it names in its answers", "here")
    .option("--tls-certificate <file>", "serve https with this certificate (PEM)")
    .option("--tls-key <file>", "the certificate's key (PEM)")
    .option("--tls-client-ca <file>", "only let clients in that have a certificate of this CA (PEM)")
    .addOption(new Option("--log-level <level>", "how much it logs").choices(LEVELS).default("info"))
    .action(async (options: Options) => {
      const { data, host, port, region, logLevel, set } = options;
      const { NEARBUCKET_ROOT_ACCESS_KEY: accessKeyId, NEARBUCKET_ROOT_SECRET_KEY: secretAccessKey } = terminal.env;
      if (accessKeyId === undefined || secretAccessKey === undefined)
        throw new Error(
          "a node takes its root key from NEARBUCKET_ROOT_ACCESS_KEY and NEARBUCKET_ROOT_SECRET_KEY: set both",
        );
      const directory = resolve(terminal.directory, data);
      const rootKey = { accessKeyId, secretAccessKey };
      const tls = tlsOf(options, terminal);
      const config = await nodeConfig({ directory, host, port, tls, rootKey, region, logLevel, settings: set });
      await serveUntilStopped(config, terminal);
    });
}

function tlsOf({ tlsCertificate, tlsKey, tlsClientCa }: Options, terminal: Terminal): NodeOptions["tls"] {
  const inPlace = (file: string) => resolve(terminal.directory, file);
  if (tlsCertificate !== undefined && tlsKey !== undefined)
    return {
      certificate: inPlace(tlsCertificate),
      key: inPlace(tlsKey),
      clientCaFile: tlsClientCa === undefined ? undefined : inPlace(tlsClientCa),
    };
  if ((tlsCertificate ?? tlsKey ?? tlsClientCa) === undefined) return undefined;
  throw new Error("give --tls-certificate and --tls-key together; --tls-client-ca needs both");
}
