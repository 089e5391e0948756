/**
 * Durable background jobs. A job is repeatable, added in the transaction that makes it necessary, and claimed with a
 * lease and an epoch: a worker whose lease was taken over can neither finish nor fail it.
 */
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";

export type NewJob =
  /** Bring a blob to its number of replicas. */
  | { readonly kind: "copy"; readonly blobId: number }
  /** Read one replica of a multipart blob, fill in its digest, merge equals. */
  | { readonly kind: "digest"; readonly blobId: number }
  /** Delete the object and the unfinished uploads under a storage key from these backends; empty: from all. */
  | { readonly kind: "drop"; readonly storageKey: string; readonly backends: readonly string[] }
  /** The periodic sweeps, one row each, added again when they finish. */
  | { readonly kind: "reclaim" | "stale-uploads" | "leftovers" };

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
}

const insertJob = statement<never>(
  "job-add",
  `INSERT INTO jobs (job_key, kind, work, run_at, created_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (job_key) DO UPDATE SET
    run_at = CASE WHEN jobs.lease_until IS NULL AND excluded.run_at < jobs.run_at
      THEN excluded.run_at ELSE jobs.run_at END,
    again_at = CASE WHEN jobs.lease_until IS NULL THEN NULL
      WHEN jobs.again_at IS NOT NULL AND jobs.again_at < excluded.run_at THEN jobs.again_at ELSE excluded.run_at END`,
);
const findDue = statement<{ id: number }>(
  "job-due",
  "SELECT id FROM jobs WHERE run_at <= ? AND (lease_until IS NULL OR lease_until <= ?) ORDER BY run_at, id LIMIT 1",
);
const claimDue = statement<JobRow>(
  "job-claim",
  `UPDATE jobs SET lease_until = ?, epoch = epoch + 1,
    attempts = attempts + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END
  WHERE id = (
    SELECT id FROM jobs WHERE run_at <= ? AND (lease_until IS NULL OR lease_until <= ?)
    ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, work, attempts, epoch`,
);
const deleteJob = statement<never>(
  "job-finish",
  "DELETE FROM jobs WHERE id = ? AND epoch = ? AND lease_until IS NOT NULL AND again_at IS NULL",
);
const runAgain = statement<never>(
  "job-again",
  `UPDATE jobs SET run_at = again_at, again_at = NULL, lease_until = NULL, attempts = 0, reason = NULL
  WHERE id = ? AND epoch = ? AND lease_until IS NOT NULL`,
);
const failJob = statement<never>(
  "job-fail",
  `UPDATE jobs SET run_at = ?, lease_until = NULL, again_at = NULL, attempts = attempts + 1, reason = ?
  WHERE id = ? AND epoch = ? AND lease_until IS NOT NULL`,
);
const renewLease = statement<never>(
  "job-renew",
  "UPDATE jobs SET lease_until = ? WHERE id = ? AND epoch = ? AND lease_until IS NOT NULL",
);

interface JobRow {
  readonly id: number;
  readonly work: string;
  readonly attempts: number;
  readonly epoch: number;
}

/**
 * Adds a job inside the transaction that makes it necessary. Equal jobs share one row; a job that is added while it
 * runs is run once more.
 */
export async function addJob(c: Connection, job: NewJob, runAt: Date, now: Date): Promise<void> {
  await c.run(insertJob, [jobKey(job), job.kind, JSON.stringify(job), runAt.getTime(), now.getTime()]);
}

export class Jobs {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Adding a job equal to a waiting one adds no second job; the earlier `runAt` counts. `runAt` defaults to now. */
  async add(job: NewJob, runAt?: Date): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact((c) => addJob(c, job, runAt ?? now, now));
  }

  /** Leases to this caller the job that has been due longest and has no live lease; undefined: nothing is due. */
  async claim(leaseMs: number): Promise<Job | undefined> {
    const now = this.#context.now().getTime();
    if ((await this.#context.engine.read.get(findDue, [now, now])) === undefined) return undefined;
    const row = await this.#context.engine.transact((c) => c.get(claimDue, [now + leaseMs, now, now]));
    return row && toJob(row);
  }

  /** False when the lease was lost: then nothing was changed. */
  finish(job: Job): Promise<boolean> {
    return this.#context.engine.transact(async (c) => {
      if ((await c.run(deleteJob, [job.id, job.epoch])) > 0) return true;
      return (await c.run(runAgain, [job.id, job.epoch])) > 0;
    });
  }

  /** Schedules another run at `runAt` and counts the attempt. False when the lease was lost. */
  async fail(job: Job, runAt: Date, reason: string): Promise<boolean> {
    return (
      (await this.#context.engine.transact((c) =>
        c.run(failJob, [runAt.getTime(), reason.replaceAll("\0", ""), job.id, job.epoch]),
      )) > 0
    );
  }

  /** False when the lease was lost. */
  async renew(job: Job, leaseMs: number): Promise<boolean> {
    const until = this.#context.now().getTime() + leaseMs;
    return (await this.#context.engine.transact((c) => c.run(renewLease, [until, job.id, job.epoch]))) > 0;
  }

  /** By kind: how many wait, when the oldest was made, and the most attempts. */
  async backlog(): Promise<readonly Backlog[]> {
    const rows = await this.#context.engine.read.query<Omit<Backlog, "oldest"> & { readonly oldest: number }>((knex) =>
      knex("jobs")
        .select("kind")
        .count({ waiting: "*" })
        .min({ oldest: "created_at" })
        .max({ attempts: "attempts" })
        .groupBy("kind")
        .orderBy("kind"),
    );
    return rows.map((row) => ({ ...row, oldest: new Date(row.oldest) }));
  }
}

function jobKey(job: NewJob): string {
  switch (job.kind) {
    case "copy":
    case "digest":
      return `${job.kind} ${job.blobId}`;
    case "drop":
      return `drop ${job.storageKey} ${[...job.backends].sort().join(",")}`;
    default:
      return job.kind;
  }
}

function toJob(row: JobRow): Job {
  const work: NewJob = JSON.parse(row.work);
  return { id: row.id, work, attempts: row.attempts, epoch: row.epoch };
}
