/**
 * Upkeep looks for work all the time, whether or not there is any: that would be most of the time of a run. Here one
 * statement answers all lanes that look at the same moment, and scrubs and inventories come more rarely, at random.
 */
import type { Knex } from "knex";
import type { NewJob } from "../../../src/metadata/jobs.ts";
import type { Metadata } from "../../../src/metadata/metadata.ts";
import { allOf } from "./rows.ts";

const HOUR = 3_600_000;
const INVENTORY_MS = 20 * HOUR;
const SCRUB_MS = 5 * 24 * HOUR;

/** Options of upkeep. A replica is read again after four days. */
export const PACE = {
  sweepMs: 5 * HOUR,
  scrubMs: SCRUB_MS,
  scrub: { days: 8, bytesPerSecond: Number.POSITIVE_INFINITY },
  bytesPerSecond: Number.POSITIVE_INFINITY,
};

export class Pacing {
  readonly #look: Knex;
  readonly #now: () => Date;
  #random: () => number = Math.random;
  readonly #asked = new Set<string>();

  constructor(look: Knex, now: () => Date) {
    this.#look = look;
    this.#now = now;
  }

  /** For another run, on empty tables. */
  begin(random: () => number): void {
    this.#random = random;
    this.#asked.clear();
  }

  apply({ jobs }: Metadata): void {
    const add = jobs.add.bind(jobs);
    jobs.add = async (job, runAt, urgent) => {
      const at = this.#paced(job, runAt);
      if (at !== "not now") await add(job, at, urgent);
    };
    const claim = jobs.claim.bind(jobs);
    let looking: Promise<ReadonlySet<string>> | undefined;
    jobs.claim = async (kinds, leaseMs) => {
      looking ??= Promise.resolve().then(() => {
        looking = undefined;
        return this.#due();
      });
      const due = await looking;
      const ready = kinds.filter((kind) => due.has(kind));
      return ready.length === 0 ? undefined : claim(ready, leaseMs);
    };
  }

  async #due(): Promise<ReadonlySet<string>> {
    const sql = "SELECT DISTINCT kind FROM jobs WHERE run_at <= ?";
    const rows = await allOf<{ readonly kind: string }>(this.#look, sql, [this.#now().getTime()]);
    return new Set(rows.map(({ kind }) => kind));
  }

  /** A gateway asks for both at once whenever it sees other backends. */
  #paced(job: NewJob, runAt: Date | undefined): Date | "not now" | undefined {
    if (job.kind !== "scrub" && job.kind !== "inventory") return runAt;
    const now = this.#now().getTime();
    if (runAt !== undefined) return job.kind === "scrub" ? runAt : new Date(now + INVENTORY_MS);
    const name = `${job.kind} ${job.backend}`;
    if (this.#random() < 0.25) return runAt;
    if (this.#asked.has(name)) return "not now";
    this.#asked.add(name);
    return new Date(now + this.#random() * INVENTORY_MS);
  }
}
