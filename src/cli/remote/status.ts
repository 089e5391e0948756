/** The status of a running gateway, in the form in which it is reported beside its data. */
import type { z } from "zod";
import type { BackendStatus, StatusReport } from "../../admin/status-report.ts";
import { type backendStatus, status } from "../../contract/status.ts";
import type { Api } from "../api-client.ts";
import type { GatewayWord } from "../reached.ts";

type Backend = z.output<typeof backendStatus>;
type Calls = NonNullable<Backend["live"]>["reads"];

export async function remoteStatus(
  api: Api,
): Promise<{ readonly report: StatusReport; readonly gateway: GatewayWord }> {
  const answer = await api.call("GET", "/status", status);
  // Beside the data nobody has the address databases open: the doctor tells of them in both ways.
  const {
    now,
    startedAt,
    safeAt,
    repairBeginsAt,
    addressDatabases: _,
    backends,
    jobs,
    failingJobs,
    ...others
  } = answer;
  const { journal, ...rest } = others;
  const report = {
    now: new Date(now),
    ...rest,
    safeAt: dateOf(safeAt),
    repairBeginsAt: dateOf(repairBeginsAt),
    toRepair: rest.toRepair,
    journal: journal && toJournal(journal),
    backends: backends.map(toStatus),
    jobs: jobs.map(({ kind, waiting, oldest, attempts, perSecond, endsAt }) => ({
      ...{ kind, waiting, oldest: new Date(oldest), attempts, perSecond, endsAt: dateOf(endsAt) },
    })),
    failingJobs: failingJobs.map((job) => ({ ...job, nextAt: new Date(job.nextAt) })),
  };
  return { report, gateway: { url: api.endpoint, startedAt: new Date(startedAt), reason: undefined } };
}

function toStatus({ configured, live, state, seenAt, lostSince, scrubbedSince, ...backend }: Backend): BackendStatus {
  const { name, region = name, why, identity, inventory } = backend;
  return {
    name,
    region,
    state: state === "not registered" ? "unregistered" : state,
    isConfigured: configured,
    draining: state === "draining",
    up: live?.up ?? false,
    writable: live?.writable,
    ...{ why, identity, seenAt: dateOf(seenAt), lostSince: dateOf(lostSince) },
    ...{ latencyMs: live?.latencyMs, recentErrors: live?.recentErrors },
    ...{ reads: live && toCalls(live.reads), writes: live && toCalls(live.writes), space: live?.space },
    ...{ replicas: backend.replicas, bytes: backend.bytes, onlyHere: backend.onlyHere },
    ...{ lostReplicas: backend.lostReplicas, safeToLose: backend.safeToLose },
    scrubbedSince: scrubbedSince === "never" ? scrubbedSince : dateOf(scrubbedSince),
    inventory: inventory && { backend: name, ...inventory, walkedAt: new Date(inventory.walkedAt) },
  };
}

function toCalls({ state, failingSince, errorRate, latencyMs }: Calls) {
  return { state, failingSince: dateOf(failingSince), errorRate, latencyMs };
}

function toJournal(journal: NonNullable<z.output<typeof status>["journal"]>): NonNullable<StatusReport["journal"]> {
  const { mode, segment, writtenTo, complete, bytes, snapshotRows, reason, isOlder, waiting } = journal;
  const times = { writtenAt: dateOf(journal.writtenAt), snapshotAt: dateOf(journal.snapshotAt) };
  const facts = { mode, segment, writtenTo, complete, bytes, snapshotRows, reason, isOlder, waiting };
  return { ...facts, journal: journal.journal, ...times, behindSince: dateOf(journal.behindSince) };
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
