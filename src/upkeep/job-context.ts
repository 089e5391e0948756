/** What the jobs share. */
import type { CopyOptions } from "../blobs/replicas/copy-replica.ts";
import type { CopyRules } from "../blobs/replicas/good-copies.ts";
import type { Replicas } from "../blobs/replicas/verify.ts";
import type { Log } from "../log.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Rate } from "./rate.ts";
import type { JobRun } from "./running-job.ts";
import type { Slots } from "./slots.ts";

export interface JobContext extends CopyRules {
  readonly metadata: Metadata;
  readonly replicas: Replicas;
  /** Copies, digests and whatever else reads blobs whole hold a place at each backend concerned. */
  readonly slots: Slots;
  /** For all bytes that are read. */
  readonly rate: Rate;
  /** How long what nobody needs is kept: clients may still be reading it behind a redirect. */
  readonly graceMs: number;
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

/** Is it worth while to ask this backend? Not one that has been away for long, or is not configured. */
export function mayAnswer({ fleet, isPresent }: JobContext, backend: string): boolean {
  const member = fleet.get(backend);
  return member !== undefined && (member.up || member.draining || isPresent(backend));
}

/** The names of those that are never asked again. */
export function removedOf(registered: readonly RegisteredBackend[]): ReadonlySet<string> {
  return new Set(registered.flatMap(({ name, state }) => (state === "removed" ? [name] : [])));
}
