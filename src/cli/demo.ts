/** `nearbucket demo`: a gateway over five nodes in one process, or over real MinIO servers; nothing to configure. */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { lockDirectory, makeRootLink } from "../administration.ts";
import type { Gateway } from "../gateway.ts";
import { writePrivate } from "./credentials-file.ts";
import {
  addressFile,
  defaultDirectory,
  demoConfig,
  ensureKind,
  ensureRootKey,
  environmentFile,
  type StoreKind,
} from "./demo-config.ts";
import { environmentText } from "./demo-environment.ts";
import { DEMO_BUCKET, demoGreeting } from "./demo-greeting.ts";
import { startStores } from "./demo-stores.ts";
import { type SettingOptions, wholeNumber, withSettings } from "./options.ts";
import { closeWhenStopped, startGateway } from "./run-gateway.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends SettingOptions {
  readonly minio?: true;
  readonly port: number;
  readonly data?: string;
  readonly regionCount?: number;
}

/** After that it greets all the same: `nearbucket status` says what is away. */
const UP_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 20;

export function addDemo(program: Command, terminal: Terminal): void {
  withSettings(program.command("demo"))
    .description("run a gateway over five nodes, or over MinIO servers, in a directory of its own")
    .option("--minio", "start real MinIO servers (Amsterdam, Toronto) from PATH instead of nodes")
    .option("--port <number>", "the gateway's port; 0: the system chooses", wholeNumber(0, 65_535), 9000)
    .option("--data <directory>", "where everything is kept (default: nearbucket-data)")
    .option(
      "--region-count <number>",
      "how many backends, each in a region of its own (default: 5, with --minio 2)",
      wholeNumber(2, 5),
    )
    .action((options: Options) => runDemo(options, terminal));
}

async function runDemo(options: Options, terminal: Terminal): Promise<void> {
  const kind: StoreKind = options.minio === true ? "minio" : "nodes";
  const given = options.data ?? terminal.env["NEARBUCKET_DATA"];
  const directory =
    given === undefined ? await defaultDirectory(terminal.directory, kind) : resolve(terminal.directory, given);
  await mkdir(directory, { recursive: true });
  const lock = await lockDirectory(directory);
  if (lock === undefined) throw new Error(`another demo runs on ${directory}: stop it, or give another --data`);
  try {
    await serveDemo(directory, kind, options, terminal);
  } finally {
    await lock.close();
  }
}

async function serveDemo(directory: string, kind: StoreKind, options: Options, terminal: Terminal): Promise<void> {
  const stopped = terminal.stopped();
  await ensureKind(directory, kind);
  const rootKey = await ensureRootKey(directory, terminal.env);
  const count = options.regionCount ?? (kind === "minio" ? 2 : 5);
  const { stores, keys, close } = await startStores({ kind, count, directory }, terminal);
  try {
    const { port, set: settings } = options;
    const config = await demoConfig({ directory, port, rootKey, kind, stores, keys, settings });
    const gateway = await startGateway(config, terminal);
    await untilUp(gateway, stores.length, stopped);
    await writeFile(addressFile(directory), `${gateway.url}\n`);
    await writePrivate(environmentFile(directory), environmentText(directory, gateway.url));
    await ensureBucket(gateway);
    const { url, metadata } = gateway;
    const link = config.console ? await makeRootLink(metadata, rootKey.accessKeyId, new Date()) : undefined;
    const console = link && url + link.path;
    terminal.print(demoGreeting({ url, console, directory, rootKey, kind, stores, terminal }));
    await closeWhenStopped(gateway, config, terminal, stopped);
  } finally {
    await close();
  }
}

/** The commands that are printed find all stores in use: on a busy machine it takes seconds until they are. */
async function untilUp({ fleet }: Gateway, count: number, stopped: Promise<void>): Promise<void> {
  const enough = new AbortController();
  void stopped.then(() => enough.abort());
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(UP_WITHIN_MS)]);
  while (!signal.aborted && fleet.members().filter(({ up }) => up).length < count)
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
}

/** The bucket that the printed commands use, owned by the root account. */
async function ensureBucket({ metadata }: Gateway): Promise<void> {
  if ((await metadata.buckets.find(DEMO_BUCKET)) !== undefined) return;
  const { id } = await metadata.accounts.ensure("root");
  await metadata.buckets.create({ name: DEMO_BUCKET, accountId: id, location: "", settings: {} });
}
