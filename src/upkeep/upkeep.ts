/**
 * What happens later: the durable jobs, claimed, renewed, finished or put off. Everything here may be repeated and may
 * be cut at any point.
 */
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { Replicas } from "../blobs/replicas/verify.ts";
import type { Log } from "../log.ts";
import type { JobKind, NewJob, Scrub } from "../metadata/jobs.ts";
import type { Metadata } from "../metadata/metadata.ts";
import { copyBlob } from "./copy.ts";
import { digestBlob } from "./digest.ts";
import { dropBytes } from "./drop.ts";
import { takeInventory } from "./inventory.ts";
import type { JobContext } from "./job-context.ts";
import { JobRunner, type Lane } from "./jobs.ts";
import { dropLeftovers } from "./leftovers.ts";
import { openRate } from "./rate.ts";
import { addReadReplica } from "./read-replica.ts";
import { reclaimBlobs } from "./reclaim.ts";
import { recountBucket } from "./recount.ts";
import type { JobRun } from "./running-job.ts";
import { type ScrubCounts, type ScrubOptions, scrubBackend } from "./scrub.ts";
import { Slots } from "./slots.ts";
import { endStaleUploads } from "./stale-uploads.ts";
import { StubbornReplicas } from "./stubborn.ts";
import { sightOf, surveyBlobs } from "./survey.ts";
import { addUpChanges } from "./tally.ts";
import { trimBlob } from "./trim.ts";

export interface UpkeepOptions {
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  readonly blobs: Pick<BlobStore, "put" | "discard">;
  /** Good copies a blob should have. */
  readonly copies: number;
  /** No blob is kept in fewer, whatever it asks for. Default `copies`. */
  readonly fewestCopies?: number | undefined;
  readonly now: () => Date;
  readonly log: Log;
  /** How long after its lease a writer's reserved names count as left behind. Default a day. */
  readonly graceMs?: number;
  /** Uploads in parts older than this are ended. Default seven days. */
  readonly uploadMaxAgeMs?: number;
  /** The rate at which all jobs together read whole blobs. Default 64 MiB. */
  readonly bytesPerSecond?: number;
  /** Is a request under way? Reads of whole blobs give way then. */
  readonly isBusy?: () => boolean;
  /** Default one minute; renewed while a job runs. */
  readonly leaseMs?: number;
  /** A job that makes no progress for this long is aborted. Default one minute. */
  readonly stallMs?: number;
  /** Between looks for due jobs. Default one second. */
  readonly pollMs?: number;
  /** Between two runs of a sweep. Default one minute. */
  readonly sweepMs?: number;
  /** Between two walks over all blobs, as long as the same backends count. Default one hour. */
  readonly surveyMs?: number;
  /** Every replica is read whole at least once in so many days, together at most this fast. Default 30, 32 MiB. */
  readonly scrub?: { readonly days: number; readonly bytesPerSecond: number };
  /** Between two scrubs of one backend. Default one hour. */
  readonly scrubMs?: number;
  /** Between two inventories of one backend. Default a day. */
  readonly inventoryMs?: number;
  /** False: nothing is deleted from backends, since the database may not know all that they hold. */
  readonly mayDelete?: () => boolean;
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
  /** By backend: the replicas that this process has read whole to check them. */
  readonly scrubbed: ReadonlyMap<string, Readonly<ScrubCounts>>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Jobs at a time that read or write whole blobs on one backend. */
const JOBS_PER_BACKEND = 4;
/** Twice as many copies as one backend takes, so that a slow backend leaves room for copies between others. */
const LANES: readonly Lane[] = [
  { kinds: ["copy"], limit: 2 * JOBS_PER_BACKEND },
  { kinds: ["drop", "trim"], limit: 4 },
  { kinds: ["recount", "recount-bucket"], limit: 2 },
  { kinds: ["read-replica"], limit: 2 },
  { kinds: ["digest"], limit: 2 },
  { kinds: ["scrub"], limit: 2 },
  { kinds: ["inventory"], limit: 1 },
  { kinds: ["survey", "reclaim", "stale-uploads", "leftovers", "tally", "sessions"], limit: 4 },
];
/** What deletes bytes from backends. */
const DELETING: ReadonlySet<JobKind> = new Set(["drop", "trim", "reclaim", "stale-uploads", "leftovers", "inventory"]);
const SWEEPS = ["survey", "reclaim", "stale-uploads", "leftovers", "tally", "sessions"] as const;
/** What gateways did is remembered for so long. */
const HISTORY_MS = 31 * DAY_MS;
const SCRUB_TURN_MS = 600_000;
/** The sweeps that each backend has one of. */
const PER_BACKEND = ["scrub", "inventory"] as const;

export function openUpkeep(options: UpkeepOptions): Upkeep {
  const { metadata, fleet, blobs: store, copies, fewestCopies, now, log, random = Math.random } = options;
  const { bytesPerSecond = 64 * 1024 ** 2 } = options;
  const { graceMs = DAY_MS, uploadMaxAgeMs = 7 * DAY_MS, sweepMs = 60_000, surveyMs = 3_600_000 } = options;
  const { scrub = { days: 30, bytesPerSecond: 32 * 1024 ** 2 }, scrubMs = 3_600_000, inventoryMs = DAY_MS } = options;
  const { isBusy, leaseMs = 60_000, stallMs = 60_000, pollMs = 1000, mayDelete = () => true } = options;
  const replicas = new Replicas({ blobs: metadata.blobs, fleet, verifiedForMs: 0, now, log });
  const slots = new Slots(JOBS_PER_BACKEND);
  const rate = openRate({ bytesPerSecond, isBusy });
  const rules = { fleet, copies, fewestCopies };
  const context: JobContext = { ...rules, metadata, replicas, store, slots, rate, graceMs, now, log, random };
  const scrubbed = new Map<string, ScrubCounts>();
  const scrubOptions: ScrubOptions = {
    ...{ days: scrub.days, everyMs: scrubMs, turnMs: SCRUB_TURN_MS },
    ...{ rate: openRate({ bytesPerSecond: scrub.bytesPerSecond, isBusy }), counts: scrubbed },
    stubborn: new StubbornReplicas(),
  };
  const sweep = async (work: NewJob, everyMs: number, sweepOnce: () => Promise<void>) => {
    // A sweep that is added while it runs is made again when it finishes.
    await metadata.jobs.add(work, new Date(now().getTime() + everyMs));
    await sweepOnce();
  };
  const sweepBackend = async (
    work: NewJob & { readonly backend: string },
    everyMs: number,
    sweepOnce: (member: FleetMember) => Promise<void>,
  ) => {
    const member = fleet.get(work.backend);
    // Another gateway may have a backend that this one does not have yet. A removed one is never used again.
    if (member === undefined && !(await isInUse(metadata, work.backend))) return;
    await sweep(work, everyMs, async () => member && sweepOnce(member));
  };
  const scrubOnce = async (work: Scrub, jobRun: JobRun) => {
    const member = fleet.get(work.backend);
    if (member !== undefined) return scrubBackend(context, scrubOptions, work, member, jobRun);
    // Another gateway may have it.
    if (await isInUse(metadata, work.backend)) await metadata.jobs.add(work, new Date(now().getTime() + sweepMs));
  };
  const run = (work: NewJob, jobRun: JobRun): Promise<void> => {
    switch (work.kind) {
      case "copy":
        return copyBlob(context, work.blobId, jobRun);
      case "digest":
        return digestBlob(context, work.blobId, jobRun);
      case "drop":
        return dropBytes(context, work, jobRun);
      case "read-replica":
        return addReadReplica(context, work, jobRun);
      case "recount":
        return metadata.copiesWanted.recount(work.blobId, copies);
      case "recount-bucket":
        return recountBucket(context, work.bucketId, jobRun);
      case "trim":
        return trimBlob(context, work.blobId, jobRun);
      case "survey":
        return sweep(work, surveyMs, () => surveyBlobs(context, work, jobRun));
      case "reclaim":
        return sweep(work, sweepMs, () => reclaimBlobs(context, jobRun));
      case "stale-uploads":
        return sweep(work, sweepMs, async () => {
          await endStaleUploads(context, uploadMaxAgeMs, jobRun);
          await metadata.history.forget(new Date(now().getTime() - HISTORY_MS));
        });
      case "leftovers":
        return sweep(work, sweepMs, async () => {
          await dropLeftovers(context, graceMs);
          await metadata.readDemand.forgetOver();
        });
      case "tally":
        return sweep(work, sweepMs, () => addUpChanges(context, jobRun));
      case "sessions":
        return sweep(work, sweepMs, () => metadata.sessions.forgetOver());
      case "scrub":
        if (work.until !== undefined) return scrubOnce(work, jobRun);
        return sweepBackend(work, scrubMs, (member) => scrubBackend(context, scrubOptions, work, member, jobRun));
      case "inventory":
        return sweepBackend(work, Math.min(inventoryMs, HOUR_MS), (member) =>
          takeInventory(context, { member, progress: work, everyMs: inventoryMs }, jobRun),
        );
    }
  };
  let begun = false;
  let seen: string | undefined;
  const prepare = async () => {
    if (!begun) for (const kind of SWEEPS) await metadata.jobs.add({ kind });
    begun = true;
    const sight = sightOf(context);
    if (seen === sight) return;
    if (seen !== undefined) await metadata.jobs.add({ kind: "survey" });
    for (const { backend } of fleet.members())
      for (const kind of PER_BACKEND) await metadata.jobs.add({ kind, backend: backend.name });
    seen = sight;
  };
  const { jobs } = metadata;
  const mayRun = (kind: JobKind) => mayDelete() || !DELETING.has(kind);
  const times = { now, leaseMs, stallMs, pollMs };
  const runner = new JobRunner({ jobs, lanes: LANES, run, prepare, mayRun, ...times, log, random });
  return {
    scrubbed,
    runDue: () => runner.runDue(),
    start: () => runner.start(),
    close: () => runner.close(),
  };
}

/** Is it registered, and not removed? */
async function isInUse({ backends }: Metadata, backend: string): Promise<boolean> {
  return (await backends.list()).some(({ name, state }) => name === backend && state !== "removed");
}
