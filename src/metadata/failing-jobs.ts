/** The background jobs that fail, for an operator: they are kept and tried again, whatever their number of attempts. */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";

/** Jobs of one kind that failed for one reason. */
export interface FailingJobs {
  readonly kind: string;
  readonly reason: string;
  readonly jobs: number;
  /** Of the one that failed most often. */
  readonly attempts: number;
  /** When the first of them runs again. */
  readonly nextAt: Date;
}

const selectFailing = statement<Omit<FailingJobs, "nextAt"> & { next_at: number }>(
  "jobs-failing",
  `SELECT kind, reason, COUNT(*) AS jobs, MAX(attempts) AS attempts, MIN(run_at) AS next_at FROM jobs
  WHERE attempts > 0 AND reason IS NOT NULL GROUP BY kind, reason ORDER BY MAX(attempts) DESC, kind, reason LIMIT ?`,
);

/** The most often failed first. */
export async function failingJobs(context: MetadataContext, limit: number): Promise<readonly FailingJobs[]> {
  const rows = await context.engine.read.all(selectFailing, [limit]);
  return rows.map(({ next_at: nextAt, ...jobs }) => ({ ...jobs, nextAt: new Date(nextAt) }));
}
