/**
 * Claims due jobs and runs a few at a time. The lease is renewed while a job runs. A runner that lost the lease gives
 * the job up and can neither finish nor fail it. A job that fails is put off, longer each time.
 */
import { S3Error } from "../errors.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Job, Jobs, NewJob } from "../metadata/jobs.ts";
import { backOffMs } from "./back-off.ts";

export interface JobRunnerOptions {
  readonly jobs: Jobs;
  /** Rejects when the job must run again. */
  readonly run: (work: NewJob, signal: AbortSignal) => Promise<void>;
  /** Runs once before the first look for jobs; again when it failed. */
  readonly prepare: () => Promise<void>;
  readonly now: () => Date;
  readonly log: Log;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly concurrency: number;
  readonly random: () => number;
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #closing = new AbortController();
  #prepared: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #underWay = new Set<Promise<unknown>>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  async runDue(): Promise<number> {
    await this.#prepare();
    const workers = Array.from({ length: this.#options.concurrency }, () => this.#follow(this.#work()));
    const counts = await Promise.all(workers);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  start(): void {
    const { pollMs, log } = this.#options;
    const look = async () => {
      try {
        await this.runDue();
      } catch (error) {
        log.error({ err: error }, "could not look for jobs");
      }
      if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => void this.#follow(look()), pollMs).unref();
    };
    void this.#follow(look());
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("closing"));
    clearTimeout(this.#timer);
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    clearTimeout(this.#timer);
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#options.prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #work(): Promise<number> {
    const { jobs, leaseMs } = this.#options;
    for (let count = 0; ; count++) {
      const job = this.#closing.signal.aborted ? undefined : await jobs.claim(leaseMs);
      if (job === undefined) return count;
      await this.#runOne(job);
    }
  }

  async #runOne(job: Job): Promise<void> {
    const { jobs, run, now, log, leaseMs, random } = this.#options;
    const lost = new AbortController();
    const renewal = setInterval(() => void this.#renew(job, lost), leaseMs / 3).unref();
    try {
      await run(job.work, AbortSignal.any([lost.signal, this.#closing.signal]));
      clearInterval(renewal);
      if (!(await jobs.finish(job))) log.warn({ job: job.work }, "a job was taken over before it finished");
    } catch (error) {
      clearInterval(renewal);
      const runAt = new Date(now().getTime() + backOffMs(job.attempts, random));
      const { work, attempts } = job;
      log.warn({ ...whyOf(error), job: work, attempts, runAt }, "a job failed and will run again");
      await jobs.fail(job, runAt, error instanceof Error ? error.message : String(error));
    }
  }

  async #renew(job: Job, lost: AbortController): Promise<void> {
    const { jobs, leaseMs, log } = this.#options;
    try {
      if (!(await jobs.renew(job, leaseMs))) lost.abort(new Error("the lease was lost"));
    } catch (error) {
      log.warn({ err: error, job: job.work }, "could not renew a job's lease");
    }
  }

  #follow<T>(work: Promise<T>): Promise<T> {
    const entry: Promise<unknown> = work.then(
      () => this.#underWay.delete(entry),
      () => this.#underWay.delete(entry),
    );
    this.#underWay.add(entry);
    return work;
  }
}

/** While too few backends can be reached, every copy is refused: a reason says it, a stack says nothing more. */
function whyOf(error: unknown): { readonly reason: string | undefined } | { readonly err: unknown } {
  return error instanceof S3Error && error.status === 503 ? { reason: reasonOf(error) } : { err: error };
}
