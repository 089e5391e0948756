/** What all gateways did and what was stored, over hours or weeks, in about as many steps as a picture has room for. */
import type { History } from "../metadata/history.ts";
import { STEP_MS } from "./history.ts";
import {
  addSample,
  emptySample,
  type FamilyCounts,
  type HistorySample,
  latencyQuantile,
  type StoredFigures,
} from "./history-counts.ts";

interface HistoryStep extends StoredFigures {
  /** Its start. */
  readonly at: Date;
  readonly requests: number;
  readonly errors: number;
  readonly receivedBytes: number;
  readonly families: Readonly<Record<string, FamilyCounts>>;
  /** Limits within which half of the requests, and all but a hundredth, ended; undefined: there were none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | undefined;
}

export interface HistoryReport {
  readonly stepSeconds: number;
  /** Steps within which no gateway ran are left out. */
  readonly samples: readonly HistoryStep[];
}

const SAMPLES = 300;
const HOUR_MS = 3_600_000;
/** Multiples of the step that is written. Beyond 50 h, of an hour: history-fold.ts keeps none finer. */
const STEPS_MS = [1, 2, 12, 24, 36].map((times) => times * STEP_MS);

export async function reportHistory(history: Pick<History, "since">, hours: number, now: Date): Promise<HistoryReport> {
  const stepMs = STEPS_MS.find((each) => (hours * HOUR_MS) / each <= SAMPLES) ?? Math.max(...STEPS_MS);
  const from = now.getTime() - hours * HOUR_MS;
  const steps = new Map<number, HistorySample>();
  for (const { at, sample } of await history.since(new Date(Math.ceil(from / stepMs) * stepMs))) {
    const start = Math.floor(at.getTime() / stepMs) * stepMs;
    // The rows come in order of time: the last one was written at the end.
    steps.set(start, addSample(steps.get(start) ?? emptySample(), sample));
  }
  return { stepSeconds: stepMs / 1000, samples: [...steps].map(([start, sum]) => stepAt(new Date(start), sum)) };
}

function stepAt(at: Date, { requests, errors, receivedBytes, families, latency, stored }: HistorySample): HistoryStep {
  const [p50, p99] = [latencyQuantile({ latency }, 0.5), latencyQuantile({ latency }, 0.99)];
  const latencyMs = p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
  return { at, ...stored, requests, errors, receivedBytes, families, latencyMs };
}
