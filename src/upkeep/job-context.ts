/** What the jobs share. */
import type { BlobStore } from "../blobs/blob-store.ts";
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
  /** Where bytes are stored anew. */
  readonly store: Pick<BlobStore, "put" | "discard">;
  /** A job that reads or writes whole blobs holds a place on each backend concerned. */
  readonly slots: Slots;
  /** Limits all reads of whole blobs together, but those of the scrub. */
  readonly rate: Rate;
  /** How long unneeded bytes are kept, because redirected clients may still read them. */
  readonly graceMs: number;
  readonly now: () => Date;
  readonly log: Log;
  /** As Math.random. */
  readonly random: () => number;
}

/** Options for reading a whole replica in a job: at this rate, and every chunk counts as progress. */
export function paced(rate: Rate, { signal, moved }: JobRun): CopyOptions {
  return {
    signal,
    onChunk(bytes) {
      moved();
      return rate(bytes);
    },
  };
}

/** False for a backend that is not configured, or has been down for longer than the outage grace. */
export function mayAnswer({ fleet }: JobContext, backend: string): boolean {
  const member = fleet.get(backend);
  return member !== undefined && (member.up || member.draining || fleet.isPresent(backend));
}

/** The names of the removed backends. They are never used again. */
export function removedOf(registered: readonly RegisteredBackend[]): ReadonlySet<string> {
  return new Set(registered.flatMap(({ name, state }) => (state === "removed" ? [name] : [])));
}
