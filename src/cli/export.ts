/** `nearbucket export`: copies objects out as plain files, or to a bucket of any S3 service; beside the data only. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { readForeignService } from "../config/foreign-service.ts";
import { loadExistingConfig } from "../config/load.ts";
import { type Exportation, exportFrom } from "../exportation.ts";
import { audit } from "./audit.ts";
import { endWith, STOPPED } from "./exit-code.ts";
import { count, counted, size } from "./layout.ts";
import { collect, time } from "./options.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { paceText } from "./waiting.ts";

interface Options {
  readonly config?: string;
  readonly to: string;
  readonly toConfig?: string;
  readonly createBucket?: boolean;
  readonly bucket: readonly string[];
  readonly prefix: string;
  readonly since?: Date;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addExport(program: Command, terminal: Terminal): void {
  program
    .command("export")
    .description("copy objects out, as files or to a bucket, under their own names and with their attributes")
    .requiredOption("--to <where>", "a directory, or BACKEND/BUCKET: a bucket on the service of that backend")
    .option("--to-config <file>", "YAML with endpoint and keys of another S3 service; then --to is a bucket there")
    .option("--create-bucket", "make the bucket that is exported to where it is not there")
    .option(
      "--bucket <name>",
      "only this bucket, repeatable; to a bucket, keys stand behind BUCKET/ unless it is just one",
      collect,
      [],
    )
    .option("--prefix <prefix>", "only keys that begin so", "")
    .option("--since <time>", "only objects modified since, as 2026-11-27T10:00:00Z", time)
    .option("--dry-run", "look at what is there, and write nothing")
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .option("--json", "as one JSON document")
    .action((options: Options) => run(options, terminal));
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const { to, toConfig, createBucket = false, bucket: buckets, prefix, since, dryRun = false, json = false } = options;
  const { directory: base, env } = terminal;
  const file = options.config ?? env["NEARBUCKET_CONFIG"];
  if (file === undefined) throw new Error("give --config FILE: what is exported is that gateway's data");
  const config = await loadExistingConfig(resolve(base, file), env);
  const service = toConfig === undefined ? undefined : await readForeignService(resolve(base, toConfig), env);
  const stop = new AbortController();
  void terminal.stopped().then(() => stop.abort(new Error("it was stopped")));
  const progress = openProgress(terminal, { json: false, now: () => new Date() });
  const start = Date.now();
  const found = await exportFrom(config, {
    ...{ to, base, service, createBucket, buckets, prefix, since, dryRun, signal: stop.signal },
    onProgress(total, tally, bytes) {
      const { written, copied, skipped, failed, bytesSkipped } = tally;
      const done = written + copied + skipped + failed;
      const pace = paceText(total.bytes - bytesSkipped, total.bytes - bytes, Date.now() - start);
      const amounts = `${count(done)} of ${counted(total.objects, "object")}, ${size(bytes)} of ${size(total.bytes)}`;
      progress.report(`${amounts}${pace}`, { done, bytes });
    },
  }).finally(progress.end);
  if (!dryRun) audit(terminal, "export", { to, buckets, objects: found.written + found.copied, failed: found.failed });
  terminal.print(json ? JSON.stringify(found, undefined, 2) : textOf(found, to, dryRun));
  if (stop.signal.aborted) endWith(STOPPED);
  if (found.failed > 0 || found.ended !== undefined) endWith(1);
}

function textOf(found: Exportation, to: string, dryRun: boolean): string {
  const { written, copied, skipped, failed, failures, ended, remarks } = found;
  return [
    `${dryRun ? "Would export" : "Exported"} to ${to}:`,
    `  ${counted(written, "object")} ${dryRun ? "to copy" : "copied"}, ${size(found.bytesWritten)}`,
    ...(copied > 0 ? [`  ${counted(copied, "object")} copied by the service itself, ${size(found.bytesCopied)}`] : []),
    `  ${counted(skipped, "object")} there already, ${size(found.bytesSkipped)}`,
    ...remarks.map((remark) => `! ${remark}`),
    ...(failed > 0 ? [`! ${counted(failed, "object")} failed:`] : []),
    ...failures.map(({ bucket, key, reason }) => `  ${bucket}/${JSON.stringify(key).slice(1, -1)}: ${reason}`),
    ...(failed > failures.length ? [`  and ${count(failed - failures.length)} more`] : []),
    ...(ended === undefined ? [] : [`! It ended early: ${ended}. Run again, it goes on where it was.`]),
  ].join("\n");
}
