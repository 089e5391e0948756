/** What the gateways do in the background, job by job. */
import { type JOB_KINDS, job, jobs, jobsQuery } from "../contract/jobs.ts";
import type { ListedJob } from "../metadata/listed-jobs.ts";
import { apiOperation } from "./api-operation.ts";
import { notACursor, pageOfRows, readCursor } from "./paging.ts";
import { ApiError } from "./problems.ts";

export const listJobs = apiOperation({
  method: "GET",
  path: "/jobs",
  summary: "Background jobs that wait or run, in the order in which they were made",
  access: "operator",
  query: jobsQuery,
  answer: jobs,
  async handle({ query: { cursor, limit, kind, failing } }, { metadata }) {
    const after = idIn(readCursor("jobs", cursor) ?? "0");
    if (after === undefined) throw notACursor();
    const rows = await metadata.listJobs({ after, limit: limit + 1, kind, isFailing: failing === "true" });
    return pageOfRows("jobs", rows, limit, ({ id }) => String(id), documentOf);
  },
});

export const retryJob = apiOperation({
  method: "POST",
  path: "/jobs/{id}/retry",
  summary: "Run a job now that waits; one that runs goes on",
  access: "operator",
  status: 202,
  answer: job,
  async handle({ path, note }, { metadata }) {
    const id = idIn(path["id"] ?? "");
    const found = id === undefined ? undefined : await metadata.retryJob(id);
    if (found === undefined) throw new ApiError("NotFound", "There is no such job: it may be done");
    note({ kind: found.kind, subject: found.subject });
    return documentOf(found);
  },
});

function idIn(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function documentOf({ kind, isUrgent: urgent, isRunning: running, subject, ...rest }: ListedJob) {
  return { ...rest, kind: kind satisfies (typeof JOB_KINDS)[number], subject: { ...subject }, urgent, running };
}
