/**
 * `nearbucket import`: adopts the objects that clients wrote into a backend's own bucket, where they stand. Works
 * beside the data, also while a gateway runs.
 */
import type { Command } from "commander";
import { type AdoptionProgress, type AdoptionReport, adoptObjects, type SkipReason } from "../adoption.ts";
import { administer } from "./administration.ts";
import { audit } from "./audit.ts";
import { endWith } from "./exit-code.ts";
import { count, counted, duration, size } from "./layout.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly to: string;
  readonly inPlace?: true;
  readonly prefix: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly config?: string;
}

const WORDS: Readonly<Record<SkipReason, string>> = {
  exists: "stands in the bucket already",
  "long-key": "its key is too long",
  gone: "it was deleted meanwhile",
  changed: "it was overwritten meanwhile: run again",
  archived: "its storage class needs a restore first",
  encrypted: "a customer's key or a KMS key encrypts it",
  unreadable: "the service refuses it",
  parts: "the service does not tell the sizes of its parts",
  unproven: "its ETag is no md5",
};

export function addImport(program: Command, terminal: Terminal): void {
  program
    .command("import")
    .description("adopt the objects that stand in a backend's bucket already")
    .argument("<backend/bucket>", "a backend with adopts: true, and its bucket")
    .requiredOption("--to <bucket>", "the bucket of the gateway that they come into")
    .option("--in-place", "they stay where they are; the bucket belongs to nearbucket from then on")
    .option("--prefix <prefix>", "only keys that begin so", "")
    .option("--dry-run", "ask and count, and change nothing")
    .option("--json", "as one JSON document")
    .option("--config <file>", "the gateway's configuration file; without it NEARBUCKET_CONFIG names one")
    .action((from: string, options: Options) => run(from, options, terminal));
}

async function run(source: string, options: Options, terminal: Terminal): Promise<void> {
  const { to, prefix, dryRun = false, json = false } = options;
  const [backend = "", bucket = ""] = source.split("/");
  if (backend === "" || bucket === "") throw new Error("say BACKEND/BUCKET, such as amsterdam/photos");
  if (!options.inPlace)
    throw new Error("give --in-place: the objects stay where they are. To copy them: docs/moving-from-minio.md");
  await administer(options, terminal, async (administration, config) => {
    if (!dryRun)
      terminal.complain(
        `The bucket ${bucket} on ${backend} belongs to nearbucket from now on: what is deleted, overwritten or ` +
          `stored twice in ${to} is deleted there ${config.graceHours} hours later. Nobody else may write there.`,
      );
    const progress = openProgress(terminal, { json: false, now: () => new Date() });
    const began = performance.now();
    const onProgress = (now: AdoptionProgress) =>
      progress.report(progressText(now, performance.now() - began), { ...now });
    const from = { backend, bucket };
    const report = await adoptObjects(administration, config, { from, to, prefix, dryRun, onProgress }).finally(
      progress.end,
    );
    if (!dryRun) audit(terminal, "import", { from, to, prefix, adopted: report.adopted });
    terminal.print(json ? JSON.stringify({ from, to, dryRun, ...report }, undefined, 2) : textOf(report, to, dryRun));
    if (Object.keys(report.skipped).some((reason) => reason !== "exists")) endWith(1);
  });
}

export function progressText({ done, total }: AdoptionProgress, ms: number): string {
  const rate = done / Math.max(ms / 1000, 0.001);
  const of = total === undefined ? "" : ` of ${count(total)}`;
  const text = `${count(done)}${of} objects, ${count(Math.round(rate))}/s`;
  return total === undefined ? text : `${text}, ${duration(((total - done) / rate) * 1000)} more`;
}

function textOf({ listed, adopted, bytes, known, skipped, examples }: AdoptionReport, to: string, dryRun: boolean) {
  const left = Object.entries(skipped) as readonly (readonly [SkipReason, number])[];
  return [
    `${counted(listed, "object")} listed`,
    `${counted(adopted, "object")}, ${size(bytes)}, ${dryRun ? "would be " : ""}adopted into ${to}`,
    ...(known > 0 ? [`${counted(known, "object")} adopted before`] : []),
    ...left.map(([reason, number]) => `! ${counted(number, "object")} left alone: ${WORDS[reason]}`),
    ...examples.map(({ key, reason }) => `  ${JSON.stringify(key)}: ${WORDS[reason]}`),
    ...(adopted > 0 && !dryRun
      ? ["The gateway makes their further copies and reads them whole: nearbucket status says when all are safe."]
      : []),
  ].join("\n");
}
