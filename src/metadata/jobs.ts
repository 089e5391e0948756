/**
 * Durable background jobs. A job is repeatable, added in the transaction that makes it necessary, and claimed with a
 * lease and an epoch: a worker whose lease was taken over can neither finish nor fail it.
 */
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import type { InventoryProgress } from "./inventory-results.ts";
import type { DropJob } from "./stored-content.ts";

/** The progress of a walk over all blobs, and the result of the last one. */
export interface Survey {
  /** The circumstances under which the walk began: under others it starts again. */
  readonly sight?: string;
  /** The id of the last blob looked at. */
  readonly after?: number;
  /** The number of blobs up to it with too few good copies. */
  readonly few?: number;
  /** The number of all blobs with too few good copies, as of the last complete walk. */
  readonly found?: number;
}

export interface Scrub {
  readonly kind: "scrub";
  readonly backend: string;
  /** What is left of a share of replicas whose run was cut short; undefined: the next share is still to be counted. */
  readonly left?: number;
  /** Once, and all that was last read at this time (epoch milliseconds) or before; undefined: an even share, always. */
  readonly until?: number;
}

export interface WholeScrub {
  /** It reads all that was last read then or before. */
  readonly until: Date;
  /** Runs that failed. */
  readonly attempts: number;
  /** Why the last run failed; undefined: it did not. */
  readonly reason: string | undefined;
}

export type NewJob =
  /** Copy a blob until it has enough good copies. */
  | { readonly kind: "copy"; readonly blobId: number }
  /** Count anew how many copies a blob should have, or each blob that objects of a bucket refer to. */
  | { readonly kind: "recount"; readonly blobId: number }
  | { readonly kind: "recount-bucket"; readonly bucketId: number }
  /** Make a copy for readers of a region who are far from all others; at most `max` of one blob. */
  | { readonly kind: "read-replica"; readonly blobId: number; readonly region: string; readonly max: number }
  /** Remove the replicas that a blob does not need. */
  | { readonly kind: "trim"; readonly blobId: number }
  /** Read one replica of a blob that came in parts or was adopted, fill in its digest, merge equals. */
  | { readonly kind: "digest"; readonly blobId: number }
  | DropJob
  /** Walk over all blobs and count their good copies. One row, added again when it finishes. */
  | ({ readonly kind: "survey" } & Survey)
  /** The other periodic sweeps, likewise. */
  | { readonly kind: "reclaim" | "stale-uploads" | "leftovers" | "tally" | "sessions" }
  /** Read replicas on a backend again that were not read for long. One row for each backend, likewise. */
  | Scrub
  /** Hold what a backend holds against the rows. One row for each backend, likewise. */
  | ({ readonly kind: "inventory"; readonly backend: string } & InventoryProgress);

export type JobKind = NewJob["kind"];

export interface Job {
  readonly id: number;
  readonly work: NewJob;
  /** Runs that failed, or whose lease ended. */
  readonly attempts: number;
  readonly epoch: number;
}

export interface Backlog {
  readonly kind: string;
  readonly waiting: number;
  readonly oldest: Date;
  readonly attempts: number;
  /** Those of `waiting` that failed `STUCK_AFTER` times or more. They are still retried. */
  readonly stuck: number;
}

/** A job that failed this often is shown to the operator. */
export const STUCK_AFTER = 20;

const insertJob = statement<never>(
  "job-add",
  `INSERT INTO jobs (job_key, kind, work, urgent, run_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (job_key) DO UPDATE SET
    urgent = CASE WHEN excluded.urgent = 1 THEN 1 ELSE jobs.urgent END,
    run_at = CASE WHEN jobs.lease_until IS NULL AND excluded.run_at < jobs.run_at
      THEN excluded.run_at ELSE jobs.run_at END,
    again_at = CASE WHEN jobs.lease_until IS NULL THEN NULL
      WHEN jobs.again_at IS NOT NULL AND jobs.again_at < excluded.run_at THEN jobs.again_at ELSE excluded.run_at END`,
);
const findDue = statement<{ urgent: number | null; other: number | null }>(
  "job-due",
  `SELECT (SELECT id FROM jobs WHERE kind = ?1 AND urgent = 1 AND run_at <= ?2 ORDER BY run_at LIMIT 1) AS urgent,
    (SELECT id FROM jobs WHERE kind = ?1 AND urgent = 0 AND run_at <= ?2 ORDER BY run_at LIMIT 1) AS other`,
);
// While a job is leased, run_at is the end of the lease, so that a claim never scans leased jobs.
const claimDue = statement<JobRow>(
  "job-claim",
  `UPDATE jobs SET lease_until = ?1, run_at = ?1, epoch = epoch + 1,
    attempts = attempts + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END
  WHERE id = (
    SELECT id FROM jobs WHERE kind = ?2 AND urgent = ?3 AND run_at <= ?4
    ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, work, attempts, epoch`,
);
const isMine = "id = ? AND epoch = ? AND lease_until IS NOT NULL";
const deleteJob = statement<never>("job-finish", `DELETE FROM jobs WHERE ${isMine} AND again_at IS NULL`);
const runAgain = statement<never>(
  "job-again",
  `UPDATE jobs SET run_at = again_at, again_at = NULL, lease_until = NULL, attempts = 0, reason = NULL WHERE ${isMine}`,
);
const failJob = statement<never>(
  "job-fail",
  `UPDATE jobs SET run_at = ?, lease_until = NULL, again_at = NULL, attempts = attempts + 1, reason = ?
  WHERE ${isMine}`,
);
const putBack = statement<never>(
  "job-put-back",
  `UPDATE jobs SET run_at = ?, lease_until = NULL, again_at = NULL WHERE ${isMine}`,
);
const renewLease = statement<never>(
  "job-renew",
  `UPDATE jobs SET lease_until = ?1, run_at = ?1
  WHERE id = ?2 AND epoch = ?3 AND lease_until IS NOT NULL`,
);
const narrowJob = statement<never>(
  "job-narrow",
  `UPDATE jobs SET work = ?1, job_key = ?2 WHERE id = ?3 AND epoch = ?4 AND lease_until IS NOT NULL
    AND (again_at IS NULL OR job_key = ?2)
    AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.job_key = ?2 AND other.id <> ?3)`,
);

const selectWork = statement<Pick<JobRow, "work" | "attempts"> & { readonly reason: string | null }>(
  "job-work",
  "SELECT work, attempts, reason FROM jobs WHERE job_key = ?",
);

interface JobRow {
  readonly id: number;
  readonly work: string;
  readonly attempts: number;
  readonly epoch: number;
}

/**
 * Adds a job inside the transaction that makes it necessary. Equal jobs share one row; a job that is added while it
 * runs is run once more. An urgent job is claimed before the others of its kind, and stays urgent.
 */
export async function addJob(c: Connection, job: NewJob, runAt: Date, now: Date, urgent = false): Promise<void> {
  const row = [jobKey(job), job.kind, JSON.stringify(job), urgent ? 1 : 0, runAt.getTime(), now.getTime()];
  await c.run(insertJob, row);
}

export class Jobs {
  readonly #context: MetadataContext;
  /** How many of each kind this process has finished. */
  readonly finished = new Map<string, number>();

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Adding a job equal to a waiting one adds no second job; the earlier `runAt` counts. `runAt` defaults to now. */
  async add(job: NewJob, runAt?: Date, urgent = false): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact((c) => addJob(c, job, runAt ?? now, now, urgent));
  }

  /** Several, due now, in one transaction. */
  async addAll(jobs: readonly { readonly job: NewJob; readonly urgent: boolean }[]): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact(async (c) => {
      for (const { job, urgent } of jobs) await addJob(c, job, now, now, urgent);
    });
  }

  /**
   * Leases to this caller a due job of one of these kinds, the first kind before the next, urgent ones before others,
   * and of those the one that has been due longest; undefined: none is due.
   */
  async claim(kinds: readonly JobKind[], leaseMs: number): Promise<Job | undefined> {
    const now = this.#context.now().getTime();
    for (const kind of kinds) {
      const due = await this.#context.engine.read.get(findDue, [kind, now]);
      for (const urgent of [1, 0]) {
        if ((urgent ? due?.urgent : due?.other) == null) continue;
        const row = await this.#context.engine.transact((c) => c.get(claimDue, [now + leaseMs, kind, urgent, now]));
        if (row !== undefined) return toJob(row);
      }
    }
    return undefined;
  }

  /** False when the lease was lost: then nothing was changed. */
  async finish(job: Job): Promise<boolean> {
    const isDone = await this.#context.engine.transact(async (c) => {
      if ((await c.run(deleteJob, [job.id, job.epoch])) > 0) return true;
      return (await c.run(runAgain, [job.id, job.epoch])) > 0;
    });
    const { kind } = job.work;
    if (isDone) this.finished.set(kind, (this.finished.get(kind) ?? 0) + 1);
    return isDone;
  }

  /** Schedules another run at `runAt` and counts the attempt. False when the lease was lost. */
  async fail(job: Job, runAt: Date, reason: string): Promise<boolean> {
    return (
      (await this.#context.engine.transact((c) =>
        c.run(failJob, [runAt.getTime(), reason.replaceAll("\0", ""), job.id, job.epoch]),
      )) > 0
    );
  }

  /** Makes a job due again at `runAt` without counting an attempt. False when the lease was lost. */
  async putBack(job: Job, runAt: Date): Promise<boolean> {
    return (await this.#context.engine.transact((c) => c.run(putBack, [runAt.getTime(), job.id, job.epoch]))) > 0;
  }

  /**
   * Replaces the work of a running job by the rest of it. False: nothing was changed, because the lease was lost, or
   * another job has that work, or the job was added again in the meantime and the rest would be another job.
   */
  async narrow(job: Job, work: NewJob): Promise<boolean> {
    const parameters = [JSON.stringify(work), jobKey(work), job.id, job.epoch];
    return (await this.#context.engine.transact((c) => c.run(narrowJob, parameters))) > 0;
  }

  /** False when the lease was lost. */
  async renew(job: Job, leaseMs: number): Promise<boolean> {
    const until = this.#context.now().getTime() + leaseMs;
    return (await this.#context.engine.transact((c) => c.run(renewLease, [until, job.id, job.epoch]))) > 0;
  }

  /** How many blobs had too few good copies at the last complete walk; undefined: there was none yet. */
  async foundFew(): Promise<number | undefined> {
    const row = await this.#context.engine.read.get(selectWork, [jobKey({ kind: "survey" })]);
    const survey: Survey = row === undefined ? {} : JSON.parse(row.work);
    return survey.found;
  }

  /** The one that reads a backend whole, while it waits or runs. */
  async wholeScrub(backend: string): Promise<WholeScrub | undefined> {
    const row = await this.#context.engine.read.get(selectWork, [jobKey({ kind: "scrub", backend, until: 0 })]);
    if (row === undefined) return undefined;
    const { until = 0 }: Scrub = JSON.parse(row.work);
    return { until: new Date(until), attempts: row.attempts, reason: row.reason ?? undefined };
  }

  /** By kind: how many wait, when the oldest was made, the most attempts, and how many are stuck. */
  async backlog(): Promise<readonly Backlog[]> {
    const rows = await this.#context.engine.read.query<Omit<Backlog, "oldest"> & { readonly oldest: number }>((knex) =>
      knex("jobs")
        .select("kind")
        .count({ waiting: "*" })
        .min({ oldest: "created_at" })
        .max({ attempts: "attempts" })
        .sum({ stuck: knex.raw("CASE WHEN attempts >= ? THEN 1 ELSE 0 END", [STUCK_AFTER]) })
        .groupBy("kind")
        .orderBy("kind"),
    );
    return rows.map((row) => ({ ...row, oldest: new Date(row.oldest) }));
  }
}

function jobKey(job: NewJob): string {
  switch (job.kind) {
    case "copy":
    case "recount":
    case "trim":
    case "digest":
      return `${job.kind} ${job.blobId}`;
    case "read-replica":
      return `${job.kind} ${job.blobId} ${job.region}`;
    case "recount-bucket":
      return `${job.kind} ${job.bucketId}`;
    case "drop":
      return `drop ${job.storageKey} ${[...job.backends].sort().join(",")}`;
    case "scrub":
      return job.until === undefined ? `scrub ${job.backend}` : `scrub ${job.backend} whole`;
    case "inventory":
      return `inventory ${job.backend}`;
    default:
      return job.kind;
  }
}

function toJob(row: JobRow): Job {
  const work: NewJob = JSON.parse(row.work);
  return { id: row.id, work, attempts: row.attempts, epoch: row.epoch };
}
