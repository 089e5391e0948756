/** The history as lines over time: what charts draw and their tables list. Pure. */
import type { HistoryDocument, Sample, StatsDocument } from "../../../contract/status.ts";

/** What a number is, and so how it is written. */
export type Unit = "bytes" | "count" | "ms";

interface Line {
  readonly name: string;
  /** One for each time; undefined: nobody knows. */
  readonly values: readonly (number | undefined)[];
}

export interface Series {
  readonly title: string;
  /** What the numbers mean, in a sentence. */
  readonly note: string;
  readonly unit: Unit;
  /** Seconds since 1970: the starts of the steps. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** The one formula for what deduplication saves. */
export function savedBytes({ logicalBytes, uniqueBytes }: Pick<StatsDocument, "logicalBytes" | "uniqueBytes">): number {
  return Math.max(0, logicalBytes - uniqueBytes);
}

/** Steps within which no gateway ran have no sample: they become gaps, not a line across. */
function withGaps({ stepSeconds, samples }: HistoryDocument): readonly (Sample | number)[] {
  const filled: (Sample | number)[] = [];
  let before: number | undefined;
  for (const sample of samples) {
    const at = secondsOf(sample);
    if (before !== undefined && at - before > 1.5 * stepSeconds) filled.push(before + stepSeconds);
    filled.push(sample);
    before = at;
  }
  return filled;
}

export function seriesOf(history: HistoryDocument): readonly Series[] {
  const steps = withGaps(history);
  const step = stepWords(history.stepSeconds);
  const times = steps.map((step) => (typeof step === "number" ? step : secondsOf(step)));
  const line = (name: string, read: (sample: Sample) => number | undefined): Line => ({
    name,
    values: steps.map((step) => (typeof step === "number" ? undefined : read(step))),
  });
  return [
    {
      title: "What is stored",
      note: "Sum of object sizes, the same without repetitions, and what all copies take up on the backends.",
      ...{ unit: "bytes", times },
      lines: [
        line("Objects", ({ logicalBytes }) => logicalBytes),
        line("Without repetitions", ({ uniqueBytes }) => uniqueBytes),
        line("On backends", ({ storedBytes }) => storedBytes),
      ],
    },
    {
      title: "Requests",
      note: `Of S3, within each ${step}.`,
      ...{ unit: "count", times },
      lines: [line("Requests", ({ requests }) => requests)],
    },
    {
      title: "Errors",
      note: `Requests within each ${step} that were answered with 5xx.`,
      ...{ unit: "count", times },
      lines: [line("Errors", ({ errors }) => errors)],
    },
    {
      title: "Latency",
      note: "Half of the requests, and all but a hundredth, took no longer than this.",
      ...{ unit: "ms", times },
      lines: [line("p50", ({ latencyMs }) => latencyMs?.p50), line("p99", ({ latencyMs }) => latencyMs?.p99)],
    },
    {
      title: "Reads",
      note: `Bytes that clients asked for within each ${step}: by a redirect, or through the gateway.`,
      ...{ unit: "bytes", times },
      lines: [
        line("Redirected", (sample) => readBytes(sample, "redirected")),
        line("Through the gateway", (sample) => readBytes(sample, "proxied")),
      ],
    },
    {
      title: "Objects with too few copies",
      note: "At the end of each step.",
      ...{ unit: "count", times },
      lines: [line("Objects", ({ underReplicated }) => underReplicated)],
    },
  ];
}

export interface FamilyShare {
  readonly family: string;
  readonly redirected: number;
  readonly proxied: number;
  readonly requests: number;
  /** Of the bytes, 0 to 1; undefined: it read none. */
  readonly share: number | undefined;
}

/** Over the whole range, those that read most first. */
export function familyShares({ samples }: HistoryDocument): readonly FamilyShare[] {
  const names = [...new Set(samples.flatMap(({ families }) => Object.keys(families)))];
  return names
    .map((family) => {
      const found = samples.flatMap(({ families }) => families[family] ?? []);
      const redirected = sum(found.map((one) => one.redirected.bytes));
      const proxied = sum(found.map((one) => one.proxied.bytes));
      const requests = sum(found.map((one) => one.redirected.requests + one.proxied.requests));
      const share = redirected + proxied === 0 ? undefined : redirected / (redirected + proxied);
      return { family, redirected, proxied, requests, share };
    })
    .sort((a, b) => b.redirected + b.proxied - a.redirected - a.proxied || (a.family < b.family ? -1 : 1));
}

function stepWords(seconds: number): string {
  if (seconds % 3600 === 0) return seconds === 3600 ? "hour" : `${seconds / 3600} hours`;
  return `${seconds / 60} minutes`;
}

function readBytes({ families }: Sample, kind: "redirected" | "proxied"): number {
  return sum(Object.values(families).map((family) => family[kind].bytes));
}

function secondsOf({ at }: Sample): number {
  return Date.parse(at) / 1000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
