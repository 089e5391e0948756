/** What the jobs share. */
import type { Fleet } from "../backends/fleet.ts";
import type { CopyOptions } from "../blobs/replicas/copy-replica.ts";
import type { Replicas } from "../blobs/replicas/verify.ts";
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Rate } from "./rate.ts";
import type { JobRun } from "./running-job.ts";
import type { Slots } from "./slots.ts";

export interface JobContext {
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  readonly replicas: Replicas;
  /** Replicas a blob should have. */
  readonly copies: number;
  /** Copies, digests and whatever else reads blobs whole hold a place at each backend concerned. */
  readonly slots: Slots;
  /** For all bytes that are read. */
  readonly rate: Rate;
  readonly now: () => Date;
  readonly log: Log;
  /** As Math.random. */
  readonly random: () => number;
}

/** How a job reads a replica whole: at the common rate, and every chunk is progress. */
export function paced({ rate }: JobContext, { signal, moved }: JobRun): CopyOptions {
  return {
    signal,
    onChunk(bytes) {
      moved();
      return rate(bytes);
    },
  };
}
