/** What the lab found, as Markdown: pure. */
import type { Check } from "./experiment.ts";
import { type Figures, type Result, WAYS, type Way } from "./reads.ts";
import { regions, rttMs } from "./regions.ts";

export interface Findings {
  readonly checks: readonly Check[];
  readonly results: readonly Result[];
  /** How many reads a median is of. */
  readonly rounds: readonly { readonly bytes: number; readonly rounds: number }[];
  readonly clientMbit: number;
  /** 2026-01-31 */
  readonly date: string;
  readonly machine: string;
}

const BEGIN = "<!-- written by npm run lab -->";
const END = "<!-- to here -->";
/** A timer has whole milliseconds, and a server takes some to answer: it counts where a transfer is short. */
const TOLERATED_MS = 5;
const TOLERATED = 0.1;

export const wayTitles: Readonly<Record<Way, string>> = {
  closest: "redirected to the closest copy",
  proxied: "proxied",
  random: "redirected to a random copy",
};

export function sizeText(bytes: number): string {
  return bytes < 1024 ** 2 ? `${bytes / 1024} KiB` : `${bytes / 1024 ** 2} MiB`;
}

export function timeText(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** What a transfer differs from theory beyond what is tolerated in milliseconds, as a share of theory. */
export function errorOf({ measuredMs, theoryMs }: Check): number {
  return Math.max(0, Math.abs(measuredMs - theoryMs) - TOLERATED_MS) / theoryMs;
}

export function isTrue(check: Check): boolean {
  return errorOf(check) <= TOLERATED;
}

/** The page with this text in place of the last run's. Throws when there is no place for it. */
export function withText(page: string, text: string): string {
  const [before, rest] = cut(page, BEGIN);
  const [, after] = cut(rest, END);
  return `${before}${BEGIN}\n\n${text}\n${END}${after}`;
}

function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the page has no line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

export function textOf({ checks, results, rounds, clientMbit, date, machine }: Findings): string {
  const reads = rounds.map((each) => `${each.rounds} of ${sizeText(each.bytes)}`).join(", ");
  const head = `Measured on ${date} on ${machine}, clients with ${clientMbit} Mbit/s. Medians of ${reads}.`;
  const sizes = [...new Set(results.map(({ bytes }) => bytes))];
  const parts = sizes.flatMap((bytes) => [
    `### ${sizeText(bytes)}`,
    formatted([
      ["client", "connection", ...WAYS.map((way) => wayTitles[way]), "closest / proxied"],
      ...regions.flatMap((region) =>
        (["fresh", "kept"] as const).map((which) => row(results, region.name, bytes, which)),
      ),
    ]),
  ]);
  return [head, ...parts, "### The relay against theory", formatted(checkRows(checks)), ""]
    .join("\n\n")
    .trimEnd()
    .concat("\n");
}

function row(results: readonly Result[], name: string, bytes: number, which: "fresh" | "kept"): readonly string[] {
  const found = (way: Way): Figures | undefined =>
    results.find((result) => result.region.name === name && result.bytes === bytes && result.way === way)?.[which];
  const cells = WAYS.map((way) => cell(found(way), bytes));
  const ratio = (found("closest")?.totalMs ?? Number.NaN) / (found("proxied")?.totalMs ?? Number.NaN);
  const title = regions.find((region) => region.name === name)?.title ?? name;
  return [which === "fresh" ? title : "", which === "fresh" ? "new" : "kept", ...cells, ratio.toFixed(2)];
}

/** The first byte, the last, and where it says something the rate. */
function cell(figures: Figures | undefined, bytes: number): string {
  if (figures === undefined) return "-";
  const { firstByteMs, totalMs } = figures;
  const rate = bytes < 1024 ** 2 ? "" : `, ${(bytes / 1024 ** 2 / (totalMs / 1000)).toFixed(1)} MiB/s`;
  return `${timeText(firstByteMs)} / ${timeText(totalMs)}${rate}`;
}

function checkRows(checks: readonly Check[]): readonly (readonly string[])[] {
  const newYork = regions[0];
  return [
    ["client", "round trip", "bytes", "theory", "measured", "difference"],
    ...checks.map(({ region, bytes, theoryMs, measuredMs }) => [
      region.title,
      newYork === undefined ? "-" : `${rttMs(region, newYork).toFixed(0)} ms`,
      sizeText(bytes),
      timeText(theoryMs),
      timeText(measuredMs),
      `${measuredMs < theoryMs ? "−" : "+"}${((100 * Math.abs(measuredMs - theoryMs)) / theoryMs).toFixed(1)} %`,
    ]),
  ];
}

function formatted([head = [], ...rest]: readonly (readonly string[])[]): string {
  const text = (line: readonly string[]): string => `| ${line.join(" | ")} |`;
  return [text(head), text(head.map(() => "---")), ...rest.map(text)].join("\n");
}
