/**
 * `nearbucket restore`: rebuilds a lost database from the journal on the backends, on a machine that has the
 * configuration and the encryption key; or has a database go on that is older than what the backends hold.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadExistingConfig, loadForRestore } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { acceptOlderDatabase, type Restoration, restoreDatabase } from "../restoration.ts";
import { audit } from "./audit.ts";
import { endWith } from "./exit-code.ts";
import { count, counted } from "./layout.ts";
import { collect, time } from "./options.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly config?: string;
  readonly from: readonly string[];
  readonly at?: Date;
  readonly journal?: string;
  readonly dryRun?: boolean;
  readonly acceptOlder?: boolean;
  readonly json?: boolean;
}

export function addRestore(program: Command, terminal: Terminal): void {
  program
    .command("restore")
    .description("rebuild a lost database from the journal that stands on the backends")
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .option("--from <backend>", "read from this backend, by default from all; repeatable", collect, [])
    .option("--at <time>", "as it was then, as 2026-11-27T10:00:00Z; by default as it was last", time)
    .option("--journal <name>", "of this journal, where more than one stands there")
    .option("--dry-run", "read and count it all, and make no database")
    .option("--accept-older", "have a database go on that is older than what the backends hold")
    .option("--json", "as one JSON document")
    .action((options: Options) => run(options, terminal));
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const file = options.config ?? terminal.env["NEARBUCKET_CONFIG"];
  if (file === undefined) throw new Error("give --config FILE: what is restored is that gateway's database");
  const path = resolve(terminal.directory, file);
  if (options.acceptOlder) return accept(await loadExistingConfig(path, terminal.env), terminal);
  const config = await loadForRestore(path, terminal.env);
  const { from, at, journal, dryRun = false, json = false } = options;
  const progress = openProgress(terminal, { json: false, now: () => new Date() });
  const onProgress = (doing: string, done: number) => progress.report(`${doing}: ${count(done)}`, { doing, done });
  const found = await restoreDatabase(config, { from, at, journal, dryRun, onProgress }).finally(progress.end);
  if (!dryRun) audit(terminal, "restore", { journal: found.journal, segment: found.number, at: found.at });
  terminal.print(json ? JSON.stringify(documentOf(found), undefined, 2) : textOf(found, dryRun));
  if (!isWhole(found)) endWith(1);
}

async function accept(config: GatewayConfig, terminal: Terminal): Promise<void> {
  const wasOlder = await acceptOlderDatabase(config);
  audit(terminal, "restore --accept-older", { wasOlder });
  terminal.print(
    wasOlder
      ? "The database goes on as it is. What it does not know of is deleted from the backends after the grace."
      : "The database was not older than what its backends hold. It begins a new journal.",
  );
}

/** Is everything that was written here, and does every object have a good copy? */
function isWhole({ unused, lostBlobs, copies }: Restoration): boolean {
  return unused === 0 && (lostBlobs ?? 0) === 0 && copies.every(({ reason }) => reason === undefined);
}

function documentOf({ highestEpoch: _, ...found }: Restoration) {
  return found;
}

function textOf(found: Restoration, dryRun: boolean): string {
  const { journal, number, at, counts, findings, unused, copies, lostBlobs, others } = found;
  const amounts = ["accounts", "access_keys", "buckets", "objects", "blobs", "uploads"]
    .map((table) => `${count(counts[table] ?? 0)} ${table.replace("_", " ")}`)
    .join(", ");
  return [
    `${dryRun ? "Would restore" : "Restored"} the state of ${at.toISOString()}:`,
    `  segment ${count(number)} of journal ${journal}`,
    `  ${amounts}`,
    ...(others.length > 0 ? [`Further journals stand there: ${others.join(", ")} (--journal).`] : []),
    ...findings.map((finding) => `! ${finding}`),
    ...(unused > 0 ? [`! ${counted(unused, "later segment")} could not be used: what they held is lost.`] : []),
    ...copies.map(({ backend, good, missing, reason }) => {
      const lacks = missing > 0 ? `, ${count(missing)} missing: they are copied anew once the gateway runs` : "";
      const broke = reason === undefined ? "" : `; ! not looked at to the end: ${reason}`;
      return `${backend}: ${counted(good, "copy").replace("copys", "copies")} in place${lacks}${broke}`;
    }),
    ...(lostBlobs
      ? [`! ${counted(lostBlobs, "blob")} that objects need: no good copy is left. nearbucket status`]
      : []),
    ...(dryRun ? [] : ["Start the gateway: nearbucket serve"]),
  ].join("\n");
}
