/**
 * Claims due jobs and runs them in lanes. Each kind of job belongs to a lane with a limit of its own, and each worker
 * looks for jobs by itself: a long job occupies one place of its lane and delays nothing else.
 */
import type { JobKind } from "../metadata/jobs.ts";
import { type JobOptions, runJob } from "./running-job.ts";

export interface Lane {
  readonly kinds: readonly JobKind[];
  /** Jobs at a time. */
  readonly limit: number;
}

export interface JobRunnerOptions extends JobOptions {
  readonly lanes: readonly Lane[];
  /** Runs before each look for jobs: adds the periodic ones. */
  readonly prepare: () => Promise<void>;
  readonly pollMs: number;
  /** Jobs of other kinds wait. */
  readonly mayRun: (kind: JobKind) => boolean;
}

/** A worker that could not begin this many jobs in a row stops until the next look. */
const BUSY_IN_A_ROW = 16;

export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #closing = new AbortController();
  readonly #workers = new Map<Lane, number>();
  /** Lanes in which a job could not begin since the last look: they get no further workers until the next. */
  readonly #busy = new Set<Lane>();
  readonly #underWay = new Set<Promise<unknown>>();
  #preparing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ran = 0;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  async runDue(): Promise<number> {
    const before = this.#ran;
    let last: number;
    do {
      last = this.#ran;
      await this.#lookEverywhere();
      await this.#settled();
    } while (this.#ran > last);
    return this.#ran - before;
  }

  start(): void {
    const { pollMs, log } = this.#options;
    const look = () =>
      void this.#lookEverywhere().catch((error: unknown) => log.error({ err: error }, "could not look for jobs"));
    this.#timer = setInterval(look, pollMs).unref();
    look();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("closing"));
    clearInterval(this.#timer);
    await this.#settled();
  }

  #lookEverywhere(): Promise<unknown> {
    return this.#follow(async () => {
      if (this.#closing.signal.aborted) return;
      await this.#prepare();
      this.#busy.clear();
      await Promise.all(this.#options.lanes.map((lane) => this.#look(lane)));
    });
  }

  /** One at a time: looks do not pile up while the database is slow. */
  #prepare(): Promise<void> {
    this.#preparing ??= this.#options.prepare().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  /** Starts one more worker if the lane has room. Resolves when it, and the workers it started, find no more jobs. */
  #look(lane: Lane): Promise<void> {
    return this.#follow(() => this.#work(lane));
  }

  async #work(lane: Lane): Promise<void> {
    const workers = this.#workers.get(lane) ?? 0;
    if (workers >= lane.limit) return;
    this.#workers.set(lane, workers + 1);
    let others: Promise<unknown> = Promise.resolve();
    try {
      for (let busy = 0; busy < BUSY_IN_A_ROW; ) {
        const job = await this.#claim(lane);
        if (job === undefined) break;
        if (!this.#busy.has(lane)) {
          // More jobs may be due.
          others = Promise.all([others, this.#look(lane)]).then(() => undefined);
          others.catch(() => undefined);
        }
        if (await runJob(job, this.#options, this.#closing.signal)) {
          this.#ran++;
          busy = 0;
        } else {
          this.#busy.add(lane);
          busy++;
        }
      }
    } finally {
      this.#workers.set(lane, (this.#workers.get(lane) ?? 0) - 1);
    }
    await others;
  }

  async #claim({ kinds }: Lane) {
    const { jobs, leaseMs, mayRun } = this.#options;
    const allowed = this.#closing.signal.aborted ? [] : kinds.filter(mayRun);
    return allowed.length === 0 ? undefined : jobs.claim(allowed, leaseMs);
  }

  #follow<T>(work: () => Promise<T>): Promise<T> {
    const promise = work();
    const entry: Promise<unknown> = promise.then(
      () => this.#underWay.delete(entry),
      () => this.#underWay.delete(entry),
    );
    this.#underWay.add(entry);
    return promise;
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
