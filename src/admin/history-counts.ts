/** What a gateway did within a while, as plain numbers: counted in passing, and added up later. */

import type { StatsReport } from "../metadata/stats.ts";

interface Served {
  requests: number;
  /** That clients asked for. */
  bytes: number;
}

export interface FamilyCounts {
  readonly redirected: Served;
  readonly proxied: Served;
}

export interface HistoryCounts {
  /** S3 requests. */
  requests: number;
  /** Answered with 5xx. */
  errors: number;
  /** On the wire, heads included. */
  receivedBytes: number;
  /** Reads by client family. */
  readonly families: Record<string, FamilyCounts>;
  /** Requests by how long they took: one for each of LATENCY_LIMITS_MS. */
  readonly latency: number[];
}

/** What was stored at the end of a step. */
export type StoredFigures = Pick<
  StatsReport,
  "logicalBytes" | "uniqueBytes" | "storedBytes" | "objects" | "underReplicated"
>;

/** As it stands in the database. */
export interface HistorySample extends HistoryCounts {
  readonly stored: StoredFigures;
}

const NOTHING: StoredFigures = { logicalBytes: 0, uniqueBytes: 0, storedBytes: 0, objects: 0, underReplicated: 0 };

export function emptySample(): HistorySample {
  return { ...noCounts(), stored: NOTHING };
}

/** Adds what stands in a row, which another version may have written. What is stored then is what the row says. */
export function addSample(sum: HistorySample, text: string): HistorySample {
  const more: HistorySample = { ...EMPTY, ...JSON.parse(text) };
  addCounts(sum, more);
  return { ...sum, stored: more.stored };
}

/** Upper limits. What takes longer than the last counts there. */
const LATENCY_LIMITS_MS = [
  ...[1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1200, 2000, 3000, 5000, 8000, 12_000],
  ...[20_000, 30_000, 60_000, 300_000, 3_600_000],
] as const;

export function noCounts(): HistoryCounts {
  return { requests: 0, errors: 0, receivedBytes: 0, families: {}, latency: LATENCY_LIMITS_MS.map(() => 0) };
}

const EMPTY = emptySample();

export function countLatency({ latency }: HistoryCounts, ms: number): void {
  const found = LATENCY_LIMITS_MS.findIndex((limit) => ms <= limit);
  const at = found < 0 ? LATENCY_LIMITS_MS.length - 1 : found;
  latency[at] = (latency[at] ?? 0) + 1;
}

export function familyIn({ families }: HistoryCounts, name: string): FamilyCounts {
  families[name] ??= { redirected: { requests: 0, bytes: 0 }, proxied: { requests: 0, bytes: 0 } };
  return families[name];
}

/** Adds `more` to `sum`. */
export function addCounts(sum: HistoryCounts, more: HistoryCounts): void {
  sum.requests += more.requests;
  sum.errors += more.errors;
  sum.receivedBytes += more.receivedBytes;
  for (const [name, family] of Object.entries(more.families))
    for (const kind of ["redirected", "proxied"] as const) {
      const served = familyIn(sum, name)[kind];
      served.requests += family[kind].requests;
      served.bytes += family[kind].bytes;
    }
  for (const [at, count] of more.latency.entries())
    if (at < sum.latency.length) sum.latency[at] = (sum.latency[at] ?? 0) + count;
}

/** The limit within which this share of the requests ended; undefined: there were none. */
export function latencyQuantile({ latency }: Pick<HistoryCounts, "latency">, share: number): number | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  return LATENCY_LIMITS_MS.find((_, at) => {
    left -= latency[at] ?? 0;
    return left <= 0;
  });
}
