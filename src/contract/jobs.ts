/** What the gateways do in the background. How much waits of each kind stands in the status. */
import { z } from "zod";
import { count, pageOf, pageQuery, time } from "./common.ts";

export const JOB_KINDS = [
  ...["copy", "trim", "digest", "drop", "survey", "reclaim", "stale-uploads", "leftovers", "tally"],
  ...["sessions", "scrub", "inventory", "recount", "recount-bucket", "read-replica"],
] as const;

export const jobsQuery = pageQuery.extend({
  kind: z.enum(JOB_KINDS).optional(),
  /** "true": those alone that failed and are tried again. */
  failing: z.enum(["true", "false"]).optional(),
});

export const job = z.object({
  id: z.int(),
  kind: z.string(),
  /** What it is about, such as a blob's id or a backend's name. */
  subject: z.record(z.string(), z.unknown()),
  /** Runs that failed. */
  attempts: count,
  /** It comes before others of its kind. */
  urgent: z.boolean(),
  createdAt: time,
  /** When it is due; while it runs, the end of its lease. */
  runAt: time,
  /** A gateway works on it. */
  running: z.boolean(),
  /** Why the last run failed. */
  reason: z.string().optional(),
});

export const jobs = pageOf(job);

export type JobDocument = z.infer<typeof job>;
