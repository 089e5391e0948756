/** What is done in the background, what of it fails, and where copies are missing. */
import { PERIODIC_JOBS } from "../../../contract/periodic-jobs.ts";
import type { StatusDocument } from "../../../contract/status.ts";
import { countOf, formatAgo, formatBytes, formatCount } from "../../ui/format.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { kindWords } from "../administration/jobs/job-words.ts";
import { clockTime } from "./clock.ts";
import { formatRate } from "./numbers.ts";

type Job = StatusDocument["jobs"][number];
type Failing = StatusDocument["failingJobs"][number];
type Share = StatusDocument["underReplicatedByBucket"][number];

export function Work({ status }: { readonly status: StatusDocument }) {
  const { jobs, failingJobs, underReplicatedByBucket, now } = status;
  const waiting = jobs.filter(({ kind }) => !PERIODIC_JOBS.has(kind));
  return (
    <>
      <section class="part-of-dashboard" aria-label="Jobs">
        <h2>Jobs</h2>
        {waiting.length === 0 ? (
          <p class="soft">No background jobs wait.</p>
        ) : (
          <Table label="Jobs" columns={jobColumns(now)} rows={waiting} keyOf={({ kind }) => kind} />
        )}
      </section>
      {failingJobs.length > 0 && (
        <section class="part-of-dashboard" aria-label="Failing jobs">
          <h2>Failing jobs</h2>
          <Table
            label="Failing jobs"
            columns={FAILING}
            rows={failingJobs}
            keyOf={(job) => `${job.kind} ${job.reason}`}
          />
        </section>
      )}
      {underReplicatedByBucket.length > 0 && (
        <section class="part-of-dashboard" aria-label="Too few copies">
          <h2>Too few copies, by bucket</h2>
          <Table
            label="Too few copies"
            columns={SHARES}
            rows={underReplicatedByBucket}
            keyOf={({ bucket }) => bucket}
          />
        </section>
      )}
    </>
  );
}

function jobColumns(now: string): readonly Column<Job>[] {
  return [
    { title: "Job", cell: ({ kind }) => kindWords(kind) },
    { title: "Waiting", cell: ({ waiting }) => formatCount(waiting), isNumber: true },
    { title: "Oldest", cell: ({ oldest }) => formatAgo(oldest, new Date(now)), isWide: true },
    {
      title: "Rate",
      cell: ({ perSecond }) => (perSecond === undefined ? "not known" : formatRate(perSecond)),
      isNumber: true,
      isWide: true,
    },
    {
      title: "Ends about",
      cell: ({ endsAt }) => (endsAt === undefined ? "not known" : clockTime(endsAt, now)),
      isNumber: true,
    },
  ];
}

const FAILING: readonly Column<Failing>[] = [
  { title: "Job", cell: ({ kind }) => kindWords(kind) },
  { title: "Jobs", cell: ({ jobs }) => formatCount(jobs), isNumber: true },
  { title: "Failed", cell: ({ attempts }) => `up to ${countOf(attempts, "time")}`, isWide: true },
  { title: "Why", cell: ({ reason }) => <span class="broken">{reason}</span> },
];

const SHARES: readonly Column<Share>[] = [
  { title: "Bucket", cell: ({ bucket }) => bucket },
  { title: "Objects", cell: ({ objects }) => formatCount(objects), isNumber: true },
  { title: "Size", cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
];
