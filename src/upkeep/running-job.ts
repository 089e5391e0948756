/**
 * Runs one claimed job. The lease is renewed while the job runs; a run that lost the lease stops and can neither finish
 * nor fail the job. A run that makes no progress for a while is aborted; one that makes progress may take any time.
 */
import { S3Error } from "../errors.ts";
import { type Log, reasonOf } from "../log.ts";
import { type Job, type Jobs, type NewJob, STUCK_AFTER } from "../metadata/jobs.ts";
import { backOffMs } from "./back-off.ts";
import { Busy } from "./slots.ts";

/** What a job gets in addition to its work. */
export interface JobRun {
  /** Aborts when the job must stop: its lease was lost, it made no progress, or this process closes. */
  readonly signal: AbortSignal;
  /** Reports progress. A job that reports none for `stallMs` is aborted. */
  moved(): void;
  /** From now on the job consists of `work` only, also when this run is interrupted. */
  narrow(work: NewJob): Promise<void>;
}

export interface JobOptions {
  readonly jobs: Jobs;
  /** Rejects when the job must run again, with Busy when it could not begin. */
  readonly run: (work: NewJob, run: JobRun) => Promise<void>;
  readonly now: () => Date;
  readonly log: Log;
  readonly leaseMs: number;
  readonly stallMs: number;
  /** As Math.random. */
  readonly random: () => number;
}

/** Resolves with false when the job could not begin and is due again. Rejects only when the database fails. */
export async function runJob(job: Job, options: JobOptions, closing: AbortSignal): Promise<boolean> {
  const { jobs, run, now, log, leaseMs, stallMs } = options;
  const lost = new AbortController();
  const stalled = new AbortController();
  const renewal = setInterval(() => void renew(job, options, lost), leaseMs / 3).unref();
  const deadline = setTimeout(() => stalled.abort(new Error(`no progress for ${stallMs} ms`)), stallMs).unref();
  const narrow = async (work: NewJob) => void (await jobs.narrow(job, work));
  try {
    const signal = AbortSignal.any([lost.signal, stalled.signal, closing]);
    const running = run(job.work, { signal, moved: () => void deadline.refresh(), narrow });
    // A call that hangs may never notice the signal: the lane continues without it.
    await Promise.race([running, rejectionOf(stalled.signal)]);
    clearInterval(renewal);
    if (!(await jobs.finish(job))) log.warn({ job: job.work }, "a job was taken over before it finished");
    return true;
  } catch (error) {
    clearInterval(renewal);
    const began = !(error instanceof Busy || closing.aborted);
    if (began) await fail(job, options, error);
    else await jobs.putBack(job, now());
    return began;
  } finally {
    clearTimeout(deadline);
  }
}

async function fail(job: Job, { jobs, now, log, random }: JobOptions, error: unknown): Promise<void> {
  const runAt = new Date(now().getTime() + backOffMs(job.attempts, random));
  const attempts = job.attempts + 1;
  const facts = { ...whyOf(error), job: job.work, attempts, runAt };
  if (attempts === STUCK_AFTER) log.error(facts, "a job failed many times; it is kept and retried every hour");
  else log.warn(facts, "a job failed and will run again");
  await jobs.fail(job, runAt, recordedReason(error));
}

async function renew(job: Job, { jobs, leaseMs, log }: JobOptions, lost: AbortController): Promise<void> {
  try {
    if (!(await jobs.renew(job, leaseMs))) lost.abort(new Error("the lease was lost"));
  } catch (error) {
    log.warn({ err: error, job: job.work }, "could not renew a job's lease");
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

const STORAGE_KEY = /(?:blobs|adopted\/[^/ ]+)\/[0-9a-f/-]+/g;

/** Operators see the jobs that fail for one reason together: the cause of a refusal counts, storage keys do not. */
function recordedReason(error: unknown): string {
  const cause = error instanceof S3Error ? (error.cause ?? error) : error;
  return (reasonOf(cause) ?? String(cause)).replaceAll(STORAGE_KEY, "blobs/...");
}

/** While too few backends can be reached, every copy is refused: a reason says it, a stack says nothing more. */
function whyOf(error: unknown): { readonly reason: string | undefined } | { readonly err: unknown } {
  return error instanceof S3Error && error.status === 503 ? { reason: reasonOf(error) } : { err: error };
}
