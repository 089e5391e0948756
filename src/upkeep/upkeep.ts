/**
 * What happens later: the durable jobs, claimed, renewed, finished or put off. Everything here may be repeated and may
 * be cut at any point.
 */
import type { Fleet } from "../backends/fleet.ts";
import { Replicas } from "../blobs/replicas/verify.ts";
import type { Log } from "../log.ts";
import type { NewJob } from "../metadata/jobs.ts";
import type { Metadata } from "../metadata/metadata.ts";
import { copyBlob } from "./copy.ts";
import { digestBlob } from "./digest.ts";
import { dropBytes } from "./drop.ts";
import type { JobContext } from "./job-context.ts";
import { JobRunner } from "./jobs.ts";
import { dropLeftovers } from "./leftovers.ts";
import { reclaimBlobs } from "./reclaim.ts";
import { endStaleUploads } from "./stale-uploads.ts";

export interface UpkeepOptions {
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  /** Replicas a blob should have. */
  readonly copies: number;
  readonly now: () => Date;
  readonly log: Log;
  /** How long after its lease a writer's reserved names count as left behind. Default a day. */
  readonly graceMs?: number;
  /** Uploads in parts older than this are ended. Default seven days. */
  readonly uploadMaxAgeMs?: number;
  /** Default one minute; renewed while a job runs. */
  readonly leaseMs?: number;
  /** Between looks for due jobs. Default one second. */
  readonly pollMs?: number;
  /** Between two runs of a sweep. Default one minute. */
  readonly sweepMs?: number;
  /** Jobs at once. Default 4. */
  readonly concurrency?: number;
  /** As Math.random. */
  readonly random?: () => number;
}

export interface Upkeep {
  /** Runs every job that is due until none is; resolves with how many ran, failed ones included. */
  runDue(): Promise<number>;
  /** Runs due jobs from now on. */
  start(): void;
  /** Stops, makes the jobs under way give up, and waits for them. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const SWEEPS = ["reclaim", "stale-uploads", "leftovers"] as const;

export function openUpkeep(options: UpkeepOptions): Upkeep {
  const {
    metadata,
    fleet,
    copies,
    now,
    log,
    graceMs = DAY_MS,
    uploadMaxAgeMs = 7 * DAY_MS,
    sweepMs = 60_000,
    random = Math.random,
  } = options;
  const replicas = new Replicas({ blobs: metadata.blobs, fleet, verifiedForMs: 0, now, log });
  const context: JobContext = { metadata, fleet, replicas, copies, now, log, random };
  const run = async (work: NewJob, signal: AbortSignal): Promise<void> => {
    switch (work.kind) {
      case "copy":
        return copyBlob(context, work.blobId, signal);
      case "digest":
        return digestBlob(context, work.blobId, signal);
      case "drop":
        return dropBytes(context, work.storageKey, work.backends);
      default:
        // A sweep that is added while it runs is made again when it finishes.
        await metadata.jobs.add(work, new Date(now().getTime() + sweepMs));
        if (work.kind === "reclaim") await reclaimBlobs(context, signal);
        else if (work.kind === "stale-uploads") await endStaleUploads(context, uploadMaxAgeMs);
        else await dropLeftovers(context, graceMs);
    }
  };
  const { leaseMs = 60_000, pollMs = 1000, concurrency = 4 } = options;
  const prepare = async () => {
    for (const kind of SWEEPS) await metadata.jobs.add({ kind });
  };
  return new JobRunner({ jobs: metadata.jobs, run, prepare, now, log, leaseMs, pollMs, concurrency, random });
}
