/** `nearbucket jobs`: what gateways do in the background, and having it done now. */
import { type Command, Option } from "commander";
import { JOB_KINDS, type JobDocument, job } from "../contract/jobs.ts";
import { path } from "./api-client.ts";
import { columns } from "./columns.ts";
import { clockTime, count } from "./layout.ts";
import { type ReachOptions, reachApi, withReach } from "./reach.ts";
import { allPages } from "./remote/pages.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends ReachOptions {
  readonly json?: true;
}

interface ListOptions extends Options {
  readonly kind?: string;
  readonly failing?: true;
}

export function addJobs(program: Command, terminal: Terminal): void {
  const jobs = program.command("jobs").description("what gateways do in the background");
  withReach(jobs.command("list").description("list background jobs that wait or run"))
    .addOption(new Option("--kind <kind>", "only these").choices(JOB_KINDS))
    .option("--failing", "only those that failed and are tried again")
    .option("--json", "as one JSON document")
    .action(async ({ json, kind, failing, ...options }: ListOptions) => {
      const query = { ...(kind !== undefined && { kind }), ...(failing && { failing: "true" }) };
      const all = await allPages(await reachApi(options, terminal), "/jobs", job, query);
      terminal.print(json ? JSON.stringify(all, undefined, 2) : jobsText(all, new Date()));
    });
  withReach(jobs.command("retry").description("run a job now that waits").argument("<id>", "as jobs list shows it"))
    .option("--json", "as one JSON document")
    .action(async (id: string, { json, ...options }: Options) => {
      const retried = await (await reachApi(options, terminal)).call("POST", path`/jobs/${id}/retry`, job);
      terminal.print(json ? JSON.stringify(retried, undefined, 2) : `job ${id} runs now: nearbucket jobs list`);
    });
}

function jobsText(jobs: readonly JobDocument[], now: Date): string {
  if (jobs.length === 0) return "No background jobs wait.";
  const rows = jobs.map(({ id, kind, subject, attempts, running, runAt, reason = "" }) => [
    String(id),
    kind,
    Object.entries(subject)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(" "),
    count(attempts),
    running ? "now" : clockTime(new Date(runAt), now),
    reason,
  ]);
  return columns([["ID", "KIND", "ABOUT", "FAILED", "RUNS", "LAST REASON"], ...rows], ["ID", "FAILED"]);
}
