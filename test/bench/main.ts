/**
 * `npm run bench`: measures the gateway, each figure as a ratio to the same work done directly on MinIO in the same
 * run. Needs `minio` on PATH, and wrk for steadier figures. Prints a table, writes bench-result.json, and exits with 1
 * when a target is missed.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { onPath } from "../support/run.ts";
import { type Beside, measureBeside } from "./beside-repair.ts";
import {
  type Comparison,
  type Contestant,
  judge,
  medianOf,
  type Samples,
  type Target,
  type Verdict,
} from "./comparison.ts";
import { type Growth, measureGrowth, SIZES } from "./growth.ts";
import { measureJournal, type Paced } from "./journal-pace.ts";
import { largeObjects } from "./large-objects.ts";
import { forgetPeak, peakMiB } from "./memory.ts";
import { measurePlacing, type Placing } from "./placing.ts";
import { smallObjects } from "./small-objects.ts";
import { openStage } from "./stage.ts";

const ALL = [...smallObjects, ...largeObjects];
const CONTESTANTS = ["direct", "gateway", "koa", "pipe"] as const;
const GROWTH = "growth";
const BESIDE = "beside-repair";
const PLACING = "placing";
const JOURNAL = "journal";
const NAMES = [...ALL.map(({ name }) => name), BESIDE, GROWTH, PLACING, JOURNAL].join(", ");
const USAGE = `usage: npm run bench -- [--only NAME]... [--seconds N] [--rounds N]\n  NAME: ${NAMES}\n`;

interface Result extends Pick<Comparison, "name" | "work" | "unit"> {
  readonly samples: Samples;
  readonly verdicts: readonly Verdict[];
  /** The gateway's peak resident memory while this ran. */
  readonly peakMiB: number;
}

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    help: { type: "boolean" },
  },
});
const isChosen = (name: string): boolean => values.only === undefined || values.only.includes(name);
const chosen = ALL.filter(({ name }) => isChosen(name));
const options = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
const understood =
  chosen.length + [GROWTH, BESIDE, PLACING, JOURNAL].filter(isChosen).length >= (values.only?.length ?? 1) &&
  options.seconds >= 1 &&
  options.rounds >= 1;
if (values.help || !understood) {
  process.stderr.write(USAGE);
  process.exit(values.help ? 0 : 2);
}

const wrk = onPath("wrk")[0];
if (wrk === undefined)
  process.stderr.write("wrk is not on PATH: the load comes from node:http, which takes more of the processor itself\n");
const results: Result[] = [];
for (const comparison of chosen) {
  process.stderr.write(`${comparison.work} ...\n`);
  results.push(await measure(comparison));
}
if (isChosen(BESIDE)) process.stderr.write("small requests beside repair and scrub ...\n");
const beside = isChosen(BESIDE) ? await measureBeside(options) : [];
if (isChosen(GROWTH)) process.stderr.write("the metadata with 10,000 to 1,000,000 objects ...\n");
const growth = isChosen(GROWTH) ? await measureGrowth() : [];
if (isChosen(PLACING)) process.stderr.write("the closest of five copies ...\n");
const placing = isChosen(PLACING) ? await measurePlacing(options.rounds) : [];
if (isChosen(JOURNAL)) process.stderr.write("a snapshot of a million objects, and the way back ...\n");
const journal = isChosen(JOURNAL) ? await measureJournal() : [];
if (results.length > 0) process.stdout.write(tableOf(results));
if (beside.length > 0) process.stdout.write(besideTableOf(beside));
if (growth.length > 0) process.stdout.write(growthTableOf(growth));
if (placing.length > 0) process.stdout.write(placingTableOf(placing));
if (journal.length > 0) process.stdout.write(journalTableOf(journal));
const machine = {
  processors: cpus().length,
  model: cpus()[0]?.model,
  node: process.version,
  load: wrk === undefined ? "node:http" : "wrk",
};
await writeFile(
  "bench-result.json",
  `${JSON.stringify({ at: new Date().toISOString(), machine, options, results, beside, growth, placing, journal }, null, 2)}\n`,
);
const allMet =
  results.every(({ verdicts }) => verdicts.every(({ met }) => met)) &&
  [...beside, ...growth, ...placing, ...journal].every(({ met }) => met !== false);
process.exitCode = allMet ? 0 : 1;

/** On a stage of its own, so that what one comparison stored weighs on no other. */
async function measure(comparison: Comparison): Promise<Result> {
  const stage = await openStage(wrk, comparison.config);
  try {
    await forgetPeak(stage.gateway.server.pid);
    const samples = await comparison.measure(stage, options);
    const { name, work, unit, targets } = comparison;
    const verdicts = targets.map((target) => judge(target, samples));
    return { name, work, unit, samples, verdicts, peakMiB: await peakMiB(stage.gateway.server.pid) };
  } catch (error) {
    process.stderr.write(`the gateway said:\n${stage.gateway.server.said()}\n`);
    throw error;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** A line for each target of each comparison; the figures stand in the first of them. */
function tableOf(rows: readonly Result[]): string {
  const lines = [["work", "unit", ...CONTESTANTS, "target", "is", "met", "gateway's peak MiB"]];
  for (const { work, unit, samples, verdicts, peakMiB: peak } of rows) {
    const cells = CONTESTANTS.map((contestant) => cellOf(samples, contestant, unit));
    verdicts.forEach(({ target, value, met }, index) => {
      const figures = index === 0 ? [work, unit, ...cells] : ["", "", ...cells.map(() => "")];
      lines.push([
        ...figures,
        textOf(target),
        value.toFixed(2),
        met ? "yes" : "NO",
        index === 0 ? peak.toFixed(0) : "",
      ]);
    });
  }
  return formatted(lines);
}

function besideTableOf(rows: readonly Beside[]): string {
  const lines = rows.map(({ work, state, p50, p99, read, ratio, met }) => [
    work,
    state,
    p50.toFixed(1),
    p99.toFixed(1),
    read.toFixed(1),
    ratio.toFixed(2),
    met === undefined ? "-" : met ? "yes" : "NO",
  ]);
  return formatted([["work", "beside", "p50 ms", "p99 ms", "gateway reads MiB/s", "p99 to quiet", "met"], ...lines]);
}

function growthTableOf(rows: readonly Growth[]): string {
  const sizes = SIZES.map((size) => `ms at ${size.toLocaleString("en")}`);
  const lines = rows.map(({ work, milliseconds, ratios, met }) => [
    work,
    ...milliseconds.map((each) => each.toFixed(2)),
    ...ratios.slice(1).map((each) => each.toFixed(2)),
    met ? "yes" : "NO",
  ]);
  return formatted([
    ["work", ...sizes, ...SIZES.slice(1).map((size) => `ratio ${size.toLocaleString("en")}`), "met"],
    ...lines,
  ]);
}

function placingTableOf(rows: readonly Placing[]): string {
  const lines = rows.map(({ work, perSecond, ratio, met }) => [
    work,
    perSecond.toFixed(0),
    ratio.toFixed(2),
    met ? "yes" : "NO",
  ]);
  return formatted([["the closest of five copies", "per second", "time to a signature's", "met"], ...lines]);
}

function journalTableOf(rows: readonly Paced[]): string {
  const lines = rows.map(({ work, seconds, peakMiB: peak, met }) => [
    work,
    seconds.toFixed(1),
    peak.toFixed(0),
    met ? "yes" : "NO",
  ]);
  return formatted([["the journal", "seconds", "peak MiB", "met"], ...lines]);
}

/** The first line is the head. */
function formatted(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const text = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = lines;
  return `${[text(head), text(widths.map((width) => "-".repeat(width))), ...rest.map(text)].join("\n")}\n`;
}

/** The figure, and in brackets the processor time as user + system. */
function cellOf(samples: Samples, contestant: Contestant, unit: Comparison["unit"]): string {
  const all = samples[contestant];
  if (all === undefined) return "-";
  const isRate = unit === "per second";
  const cpu = (of: "user" | "system"): string => {
    const microseconds = medianOf(
      all.map(({ cpu: spent }) => ({ figure: spent[of], cpu: spent })),
      "figure",
    );
    return isRate ? microseconds.toFixed(0) : (microseconds / 1e6).toFixed(2);
  };
  const figure = medianOf(all, "figure").toFixed(unit === "seconds" ? 2 : 0);
  return `${figure} (${cpu("user")} + ${cpu("system")} ${isRate ? "\u00b5s" : "s"})`;
}

function textOf(target: Target): string {
  const bound = "atLeast" in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
  return `${target.of} ${bound}${target.against === undefined ? "" : ` x ${target.against}`}`;
}
