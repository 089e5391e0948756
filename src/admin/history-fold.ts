/**
 * After two days nobody looks at five minutes: what all gateways did within an hour becomes one row. A month then is a
 * tenth of the rows that it was, however many gateways there are and however often they start anew.
 */
import type { History } from "../metadata/history.ts";
import { addSample, emptySample } from "./history-counts.ts";

const HOUR_MS = 3_600_000;
/** Reports over so many hours have steps below an hour: history-report.ts. */
const FINE_HOURS = 50;

/** Folds one hour. False: there is none left. */
export function foldHistory(history: Pick<History, "fold">, now: Date): Promise<boolean> {
  const before = Math.floor((now.getTime() - FINE_HOURS * HOUR_MS) / HOUR_MS) * HOUR_MS;
  return history.fold(new Date(before), HOUR_MS, (samples) => JSON.stringify(samples.reduce(addSample, emptySample())));
}
