/** Single background jobs, for an operator: a page of them, and one that is to run again at once. */
import type { MetadataContext } from "./context.ts";
import { statement } from "./engine.ts";
import type { JobKind } from "./jobs.ts";

export interface ListedJob {
  readonly id: number;
  readonly kind: JobKind;
  /** What it is about; what a kind does not have is absent. */
  readonly subject: {
    readonly blobId?: number;
    readonly bucketId?: number;
    readonly storageKey?: string;
    readonly backend?: string;
    readonly backends?: readonly string[];
  };
  /** Runs that failed, or whose lease ended. */
  readonly attempts: number;
  readonly isUrgent: boolean;
  readonly createdAt: Date;
  /** While it runs, the end of its lease. */
  readonly runAt: Date;
  readonly isRunning: boolean;
  /** Why the last run failed; undefined: it did not. */
  readonly reason: string | undefined;
}

interface ListedJobRow {
  readonly id: number;
  readonly kind: JobKind;
  readonly work: string;
  readonly attempts: number;
  readonly urgent: number;
  readonly created_at: number;
  readonly run_at: number;
  readonly lease_until: number | null;
  readonly reason: string | null;
}

export interface JobsPage {
  /** The id that the page begins behind. */
  readonly after: number;
  readonly limit: number;
  readonly kind: string | undefined;
  /** Those alone that failed and are tried again. */
  readonly isFailing: boolean;
}

const columns = ["id", "kind", "work", "attempts", "urgent", "created_at", "run_at", "lease_until", "reason"] as const;
const selectJob = statement<ListedJobRow>("job-listed", `SELECT ${columns.join(", ")} FROM jobs WHERE id = ?`);
const hasten = statement<never>(
  "job-hasten",
  "UPDATE jobs SET run_at = ?1 WHERE id = ?2 AND lease_until IS NULL AND run_at > ?1",
);

/** In order of id. */
export async function listJobs(context: MetadataContext, page: JobsPage): Promise<readonly ListedJob[]> {
  const rows = await context.engine.read.query<ListedJobRow>((knex) => {
    const some = knex("jobs").select(columns).where("id", ">", page.after).orderBy("id").limit(page.limit);
    if (page.kind !== undefined) some.where("kind", page.kind);
    if (page.isFailing) some.where("attempts", ">", 0).whereNotNull("reason");
    return some;
  });
  return rows.map((row) => toListedJob(row, context.now()));
}

/** Makes a job due that waits; one that runs goes on. Undefined: there is none with this id. */
export async function retryJob(context: MetadataContext, id: number): Promise<ListedJob | undefined> {
  const row = await context.engine.transact(async (c) => {
    await c.run(hasten, [context.now().getTime(), id]);
    return c.get(selectJob, [id]);
  });
  return row && toListedJob(row, context.now());
}

function toListedJob(row: ListedJobRow, now: Date): ListedJob {
  const { id, kind, attempts } = row;
  const { blobId, bucketId, storageKey, backend, backends }: ListedJob["subject"] = JSON.parse(row.work);
  return {
    ...{ id, kind, attempts },
    subject: {
      ...(blobId !== undefined && { blobId }),
      ...(bucketId !== undefined && { bucketId }),
      ...(storageKey !== undefined && { storageKey }),
      ...(backend !== undefined && { backend }),
      ...(backends !== undefined && { backends }),
    },
    isUrgent: row.urgent === 1,
    createdAt: new Date(row.created_at),
    runAt: new Date(row.run_at),
    isRunning: row.lease_until !== null && row.lease_until > now.getTime(),
    reason: row.reason ?? undefined,
  };
}
