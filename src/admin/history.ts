/**
 * Writes down what this gateway did, one row every five minutes, for a picture of the last weeks. Counting costs the
 * S3 path a few additions; a row that cannot be written harms nothing, and what it counted goes into the next.
 */
import { randomBytes } from "node:crypto";
import type { Log } from "../log.ts";
import type { History } from "../metadata/history.ts";
import {
  addCounts,
  countLatency,
  familyIn,
  type HistorySample,
  noCounts,
  type StoredFigures,
} from "./history-counts.ts";
import { foldHistory } from "./history-fold.ts";

export const STEP_MS = 300_000;

export interface HistoryRecorder {
  /** One answered S3 request. */
  observe(end: { readonly status: number; readonly seconds: number; readonly bytesIn: number }): void;
  /** One read of so many bytes. */
  countRead(kind: "redirect" | "proxy", family: string, bytes: number): void;
  /** Writes the row of a step that is over; does nothing within one. Never rejects. */
  look(): Promise<void>;
  /** Looks every second from now on. */
  start(): void;
  /** Writes what was counted since the last step. */
  close(): Promise<void>;
}

export interface HistoryOptions {
  readonly history: Pick<History, "add" | "fold">;
  readonly stats: () => Promise<StoredFigures>;
  readonly now: () => Date;
  readonly log: Log;
}

const LOOK_MS = 1000;
/** Of the hours that can be folded: there are many where none were before. */
const FOLDED_AT_ONCE = 24;

export function openHistory({ history, stats, now, log }: HistoryOptions): HistoryRecorder {
  const gateway = randomBytes(8).toString("hex");
  let counts = noCounts();
  let step = stepOf(now());
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  const write = async (at: number) => {
    const taken = counts;
    counts = noCounts();
    try {
      const { logicalBytes, uniqueBytes, storedBytes, objects, underReplicated } = await stats();
      const stored: StoredFigures = { logicalBytes, uniqueBytes, storedBytes, objects, underReplicated };
      const sample: HistorySample = { ...taken, stored };
      await history.add({ at: new Date(at), gateway, sample: JSON.stringify(sample) });
      told = false;
    } catch (error) {
      addCounts(counts, taken);
      if (!told) log.warn({ err: error }, "what happened in the last minutes cannot be written down");
      told = true;
    }
  };
  const fold = async () => {
    try {
      for (let folded = 0; folded < FOLDED_AT_ONCE && (await foldHistory(history, now())); folded++);
    } catch (error) {
      // The next step tries again; until then a report reads more rows.
      log.debug({ err: error }, "the hours before the last days were not folded");
    }
  };
  const look = () => {
    const begun = stepOf(now());
    if (begun === step) return writing ?? Promise.resolve();
    const over = step;
    step = begun;
    writing = (writing ?? Promise.resolve()).then(() => write(over)).then(fold);
    return writing;
  };
  return {
    observe({ status, seconds, bytesIn }) {
      counts.requests++;
      if (status >= 500) counts.errors++;
      counts.receivedBytes += bytesIn;
      countLatency(counts, seconds * 1000);
    },
    countRead(kind, family, bytes) {
      const served = familyIn(counts, family)[kind === "redirect" ? "redirected" : "proxied"];
      served.requests++;
      served.bytes += bytes;
    },
    look,
    start() {
      timer = setInterval(() => void look(), LOOK_MS).unref();
    },
    async close() {
      clearInterval(timer);
      await look();
      if (counts.requests > 0) await write(step);
    },
  };
}

function stepOf(time: Date): number {
  return Math.floor(time.getTime() / STEP_MS) * STEP_MS;
}
