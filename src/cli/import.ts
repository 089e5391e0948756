/**
 * `nearbucket import`: a bucket takes over another one of any S3 service, or a backend's own. Works beside the data,
 * also while a gateway runs.
 */
import type { Command } from "commander";
import { endTakeover, type Import, importObjects, isWhole, type SkipReason } from "../importation.ts";
import { openLog } from "../log.ts";
import { administer } from "./administration.ts";
import { audit } from "./audit.ts";
import { endWith, STOPPED } from "./exit-code.ts";
import { count, counted, duration, size } from "./layout.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { paceText } from "./waiting.ts";

interface Options {
  readonly to: string;
  readonly inPlace?: true;
  readonly prefix: string;
  readonly finish?: true;
  readonly stop?: true;
  readonly dryRun?: true;
  readonly json?: true;
  readonly config?: string;
}

const WORDS: Readonly<Record<SkipReason, string>> = {
  exists: "stands in the bucket already",
  deleted: "a client deleted it in the bucket",
  "long-key": "its key is too long",
  gone: "it was deleted meanwhile",
  changed: "it was overwritten meanwhile: run again",
  changing: "it is overwritten again and again: run again",
  archived: "its storage class needs a restore first",
  encrypted: "a customer's key or a KMS key encrypts it",
  unreadable: "the service refuses it",
  refused: "the service refuses it",
  parts: "the service does not tell the sizes of its parts",
  unproven: "its ETag is no md5",
};

export function addImport(program: Command, terminal: Terminal): void {
  program
    .command("import")
    .description("take over another bucket: copy its objects, or adopt them where they stand, while clients go on")
    .argument("<service/bucket>", "a source or a backend of the configuration, and a bucket there")
    .requiredOption("--to <bucket>", "the bucket of the gateway that they come into")
    .option("--in-place", "a backend's own bucket: they stay there, and it belongs to nearbucket from then on")
    .option("--prefix <prefix>", "only keys that begin so", "")
    .option("--finish", "when nothing is left out, read in the old bucket no more")
    .option("--stop", "copy nothing, and read in the old bucket no more")
    .option("--dry-run", "ask and count, and change nothing")
    .option("--json", "as one JSON document")
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .action((from: string, options: Options) => run(from, options, terminal));
}

async function run(source: string, options: Options, terminal: Terminal): Promise<void> {
  const { to, prefix, finish = false, dryRun = false, json = false, inPlace } = options;
  const [service = "", bucket = "", ...more] = source.split("/");
  if (service === "" || bucket === "" || more.length > 0)
    throw new Error("say SERVICE/BUCKET, such as old-minio/photos; --prefix names a part of it");
  if (finish && prefix !== "") throw new Error("--finish is for the whole bucket: give it without --prefix");
  if (options.stop && (finish || dryRun || prefix !== ""))
    throw new Error("--stop ends the takeover at once: give it without --finish, --dry-run and --prefix");
  const from = { service, bucket, ...(inPlace && { inPlace }) };
  const stopped = new AbortController();
  void terminal.stopped().then(() => stopped.abort(new Error("it was stopped")));
  await administer(options, terminal, async (administration, config) => {
    if (options.stop) {
      const took = await endTakeover(administration, { from, to });
      audit(terminal, "import", { from, to, stopped: true });
      const text = took ? `${to} reads nothing in ${source} any more.` : `${to} took nothing over.`;
      terminal.print(json ? JSON.stringify({ from, to, stopped: took }, undefined, 2) : text);
      return;
    }
    if (inPlace && !dryRun)
      terminal.complain(
        `The bucket ${bucket} on ${service} belongs to nearbucket from now on: what is deleted, overwritten or ` +
          `stored twice in ${to} is deleted there ${config.graceHours} hours later. Nobody else may write there.`,
      );
    const progress = openProgress(terminal, { json: false, now: () => new Date() });
    const began = performance.now();
    const stop = (error: unknown): never => {
      if (!stopped.signal.aborted) throw error;
      terminal.complain("It was stopped. Run again, it goes on where it was.");
      return endWith(STOPPED);
    };
    const report = await importObjects(administration, config, {
      ...{ from, to, prefix, finish, dryRun, signal: stopped.signal },
      log: openLog("warn", { write: (line) => terminal.complain(line.trimEnd()) }),
      onProgress: (done, total) =>
        progress.report(progressText(done, total, performance.now() - began, inPlace === true), { ...done }),
    })
      .finally(progress.end)
      .catch(stop);
    if (!dryRun) audit(terminal, "import", { from, to, prefix, imported: report.imported, finished: report.finished });
    terminal.print(
      json
        ? JSON.stringify({ from, to, dryRun, ...report }, undefined, 2)
        : textOf(report, { source, to, dryRun, finish, inPlace: inPlace === true }),
    );
    if (!isWhole(report)) endWith(1);
  });
}

interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

/** In place no byte moves: what counts is objects. */
export function progressText(done: Amount, total: Amount | undefined, ms: number, inPlace: boolean): string {
  const ofObjects = total === undefined ? "" : ` of ${count(total.objects)}`;
  const objects = `${count(done.objects)}${ofObjects} objects`;
  if (!inPlace) {
    const ofBytes = total === undefined ? "" : ` of ${size(total.bytes)}`;
    const pace = total === undefined ? "" : paceText(total.bytes, total.bytes - done.bytes, ms);
    return `${objects}, ${size(done.bytes)}${ofBytes}${pace}`;
  }
  const rate = done.objects / Math.max(ms / 1000, 0.001);
  const left = total === undefined ? "" : `, ${duration(((total.objects - done.objects) / rate) * 1000)} more`;
  return `${objects}, ${count(Math.round(rate))}/s${left}`;
}

interface Told {
  readonly source: string;
  readonly to: string;
  readonly dryRun: boolean;
  readonly finish: boolean;
  readonly inPlace: boolean;
}

function textOf({ listed, imported, bytes, known, skipped, examples, finished }: Import, told: Told): string {
  const { source, to, dryRun, finish, inPlace } = told;
  const left = Object.entries(skipped) as readonly (readonly [SkipReason, number])[];
  const verb = inPlace ? "adopted" : "copied";
  return [
    `${counted(listed, "object")} listed`,
    `${counted(imported, "object")}, ${size(bytes)}, ${dryRun ? "would be " : ""}${verb} into ${to}`,
    ...(known > 0 ? [`${counted(known, "object")} ${verb} before`] : []),
    ...left.map(([reason, number]) => `! ${counted(number, "object")} left alone: ${WORDS[reason]}`),
    ...examples.map(({ key, reason }) => `  ${JSON.stringify(key)}: ${WORDS[reason]}`),
    ...(inPlace && imported > 0 && !dryRun
      ? ["The gateway makes their further copies and reads them whole: nearbucket status says when all are safe."]
      : []),
    ...(finished ? [`${to} reads nothing in ${source} any more.`] : []),
    ...(!finished && finish && !dryRun ? [`! ${to} still reads in ${source}, for what was left out.`] : []),
    ...(finish || dryRun ? [] : [`What is not in ${to} is read in ${source}, until this is run with --finish.`]),
  ].join("\n");
}
