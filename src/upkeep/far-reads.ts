/**
 * Counts reads from regions far from all copies. A read only leaves a note in memory, some of many; the sums are
 * written once a minute. What does not fit, or is lost with the process, only makes a copy for readers come later.
 */
import type { Log } from "../log.ts";
import type { FarReads } from "../metadata/read-demand.ts";
import type { ReadReplicaRule } from "../wanted.ts";
import { eachMinute } from "./each-minute.ts";

export interface FarReadCounter {
  note(blobId: number, region: string, rule: ReadReplicaRule): void;
  /** Writes what is new. Rejects when it could not; that is forgotten. */
  flush(): Promise<void>;
  /** Writes every minute from now on. */
  start(): void;
  close(): Promise<void>;
}

const LIMIT = 10_000;
/** Of many reads that are waited for, one of so many is counted, for all. */
const MOST_SAMPLED = 16;

export function openFarReads(options: {
  readonly record: (all: readonly FarReads[]) => Promise<void>;
  /** As Math.random. */
  readonly random?: () => number;
  readonly log: Log;
}): FarReadCounter {
  const { record, random = Math.random, log } = options;
  const counted = new Map<string, FarReads>();
  const flush = async () => {
    const all = [...counted.values()];
    counted.clear();
    if (all.length > 0) await record(all);
  };
  return {
    note(blobId, region, rule) {
      const each = Math.min(MOST_SAMPLED, Math.max(1, Math.floor(rule.afterReads / MOST_SAMPLED)));
      if (each > 1 && random() * each >= 1) return;
      const key = `${blobId} ${region}`;
      const before = counted.get(key);
      if (before === undefined && counted.size >= LIMIT) return;
      counted.set(key, { blobId, region, reads: (before?.reads ?? 0) + each, rule });
    },
    flush,
    ...eachMinute(flush, log, "could not record far reads"),
  };
}
