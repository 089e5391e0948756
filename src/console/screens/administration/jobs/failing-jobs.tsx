/** Jobs that failed and are tried again by themselves, each with its reason; one can be tried now. */
import type { JobDocument } from "../../../../contract/jobs.ts";
import { api } from "../../../session.ts";
import { Button } from "../../../ui/button.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { formatAgo, formatCount } from "../../../ui/format.ts";
import { useListed } from "../../../ui/listed.ts";
import { More } from "../../../ui/more.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { say, sayFault } from "../../../ui/toast.tsx";
import { kindWords, subjectWords } from "./job-words.ts";

export function FailingJobs({ now }: { readonly now: Date }) {
  const list = useListed(api<{ items: JobDocument[]; next?: string }>, { path: "/jobs", query: { failing: "true" } });
  const retry = async ({ id, kind }: JobDocument) => {
    const answer = await api<JobDocument>({ method: "POST", path: `/jobs/${id}/retry` });
    if (answer.ok) say(`Tried again: ${kindWords(kind).toLowerCase()}.`);
    else sayFault("The job was not tried again.", answer.fault);
    list.reload();
  };
  const items = list.value?.items;
  return (
    <section aria-label="Failing">
      <div class="section-head">
        <h2>Failing</h2>
        <Button kind="quiet" icon="refresh" label="Load the failing jobs again" onClick={list.reload} />
      </div>
      {items?.length === 0 && <p class="soft">No job fails.</p>}
      {items !== undefined && items.length > 0 && (
        <Table label="Failing jobs" columns={columnsOf(now, retry)} rows={items} keyOf={({ id }) => String(id)} />
      )}
      <More list={list} />
      <FaultText fault={list.fault} />
    </section>
  );
}

function columnsOf(now: Date, onRetry: (job: JobDocument) => Promise<void>): readonly Column<JobDocument>[] {
  return [
    {
      title: "Job",
      cell: (job) => (
        <>
          {kindWords(job.kind)}
          <span class="below mono">{subjectWords(job)}</span>
        </>
      ),
    },
    { title: "Why it failed", cell: ({ reason }) => reason ?? "It gave no reason." },
    { title: "Tries", cell: ({ attempts }) => formatCount(attempts), isNumber: true, isWide: true },
    {
      title: "Next try",
      cell: ({ running, runAt }) => (running ? "runs now" : formatAgo(runAt, now)),
      isWide: true,
    },
    {
      title: "",
      cell: (job) => (
        <Button kind="quiet" disabled={job.running} onClick={() => void onRetry(job)}>
          Try now
        </Button>
      ),
      isNumber: true,
    },
  ];
}
