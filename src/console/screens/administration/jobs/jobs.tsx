/** What the gateways do in the background, what fails of it, and what backends hold that nobody knows. */
import type { StatusDocument } from "../../../../contract/status.ts";
import { api } from "../../../session.ts";
import { formatAgo, formatCount, formatTime } from "../../../ui/format.ts";
import { useLoaded } from "../../../ui/loader.ts";
import { Screen } from "../../../ui/screen.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { FailingJobs } from "./failing-jobs.tsx";
import { kindWords } from "./job-words.ts";
import { Orphans } from "./orphans.tsx";

type Waiting = StatusDocument["jobs"][number];

const FOLLOWED_MS = 10_000;

export function Jobs() {
  const loaded = useLoaded((signal) => api<StatusDocument>({ path: "/status", signal }), [], FOLLOWED_MS);
  return (
    <Screen title="Jobs" loaded={loaded}>
      {({ jobs, backends, now }) => (
        <div class="sections">
          <section aria-label="Waiting">
            <h2>Waiting</h2>
            <p class="soft">Looking through, counting and cleaning up come back by themselves.</p>
            {jobs.length === 0 ? (
              <p class="soft">Nothing waits.</p>
            ) : (
              <Table
                label="Waiting jobs by kind"
                columns={columnsOf(new Date(now))}
                rows={jobs}
                keyOf={({ kind }) => kind}
              />
            )}
          </section>
          <FailingJobs now={new Date(now)} />
          <Orphans backends={backends} />
        </div>
      )}
    </Screen>
  );
}

function columnsOf(now: Date): readonly Column<Waiting>[] {
  return [
    { title: "Kind", cell: ({ kind }) => kindWords(kind) },
    { title: "Waiting", cell: ({ waiting }) => formatCount(waiting), isNumber: true },
    { title: "A second", cell: ({ perSecond }) => perSecond?.toFixed(1) ?? "", isNumber: true, isWide: true },
    { title: "Oldest", cell: ({ oldest }) => formatAgo(oldest, now), isWide: true },
    { title: "Done about", cell: ({ endsAt }) => (endsAt === undefined ? "" : formatTime(endsAt)) },
  ];
}
