/** The status report for people: the verdict first, then what it rests on. */
import type { BackendStatus, JobStatus, StatusReport } from "../admin/status-report.ts";
import { PERIODIC_JOBS } from "../contract/periodic-jobs.ts";
import { columns } from "./columns.ts";
import { journalLines } from "./journal-text.ts";
import { clockTime, count, counted, duration, size, wrap } from "./layout.ts";
import type { GatewayWord } from "./reached.ts";
import { callsTable } from "./status-calls.ts";

export function statusText(report: StatusReport, gateway: GatewayWord): string {
  const parts = [
    gatewayLines(gateway),
    verdictLines(report, gateway.startedAt !== undefined),
    [backendTable(report), ...report.backends.flatMap((backend) => backendLines(backend, report.now))],
    callsTable(report.backends, report.now),
    regionLines(report),
    bucketLines(report),
    takeoverLines(report),
    journalLines(report),
    jobLines(report),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function gatewayLines({ url, startedAt, reason }: GatewayWord): readonly string[] {
  if (startedAt !== undefined) return [];
  return [
    wrap(`No gateway answers${url === undefined ? "" : ` at ${url}`}: ${reason}`, "  "),
    "What follows is the database's word, and holds if all backends are in place.",
  ];
}

function verdictLines(report: StatusReport, isRunning: boolean): readonly string[] {
  const { verdict, stored, atRisk, unreadable, lost, backends } = report;
  const planned = plannedRepair(report);
  if (verdict === "unknown")
    return [`UNKNOWN  By the database, any one backend may be lost. ${amount(stored)} are stored.`];
  if (verdict === "safe") {
    const safe = `SAFE  Any one backend may be lost now. ${amount(stored)} are stored.`;
    return planned === undefined ? [safe] : [safe, `  ${planned}`];
  }
  const away = backends.filter(({ up, onlyHere }) => up === false && onlyHere.blobs > 0).map(({ name }) => name);
  const lines: string[] = [];
  if (lost.blobs > 0) lines.push(`LOST  ${amount(lost)}: no backend holds a good copy.`);
  if (unreadable.blobs > lost.blobs) {
    const what = `${amount(less(unreadable, lost))}: all copies are on backends that are away`;
    lines.push(`UNREADABLE  ${what}${away.length > 0 ? `. Bring back ${away.join(", ")}` : ""}.`);
  }
  if (atRisk.blobs > unreadable.blobs) {
    const { objects, bytes } = less(atRisk, unreadable);
    lines.push(`AT RISK  ${count(objects)} of ${amount({ ...stored, bytes })}: only one good copy is in place.`);
    lines.push(`  ${planned ?? whenSafe(report, isRunning)}`);
  }
  return lines.map((line) => wrap(line, "  "));
}

function whenSafe({ safeAt, now, copies, jobs, underReplicated, backends }: StatusReport, isRunning: boolean): string {
  if (copies === 1) return "Because copies is 1, each is stored once.";
  if (safeAt !== undefined) return `Safe at about ${clockTime(safeAt, now)}.`;
  if (!isRunning) return "No gateway is known to run that would repair them.";
  if (underReplicated.blobs === 0 && backends.every(({ up }) => up !== false))
    return "They have as many copies as they should: their bucket or their writes ask for one.";
  if (!jobs.some(({ kind }) => kind === "copy")) return "No repair is planned yet.";
  return "When they are safe cannot be told: no repair has finished of late.";
}

function plannedRepair({ repairBeginsAt, toRepair, now }: StatusReport): string | undefined {
  if (repairBeginsAt === undefined || toRepair === undefined) return undefined;
  const wait = duration(repairBeginsAt.getTime() - now.getTime());
  return `Repair of ${counted(toRepair.objects, "object")} begins at ${clockTime(repairBeginsAt, now)} (in ${wait}).`;
}

const AMOUNTS = ["REPLICAS", "BYTES", "SCRUBBED", "INVENTORY", "LATENCY", "ERRORS"];
const BACKEND_HEADING = ["BACKEND", "REGION", "STATE", ...AMOUNTS, "SAFE TO LOSE"];

function backendTable({ backends, now }: StatusReport): string {
  const rows = backends.map((backend) => [
    backend.name,
    backend.region,
    stateOf(backend),
    count(backend.replicas),
    size(backend.bytes),
    scrubbedWithin(backend, now),
    backend.inventory === undefined ? "-" : since(backend.inventory.walkedAt, now),
    backend.latencyMs === undefined ? "-" : `${Math.round(backend.latencyMs)} ms`,
    backend.recentErrors === undefined ? "-" : count(backend.recentErrors),
    backend.safeToLose ? "yes" : "NO",
  ]);
  return columns([BACKEND_HEADING, ...rows], AMOUNTS);
}

function scrubbedWithin({ scrubbedSince }: BackendStatus, now: Date): string {
  if (scrubbedSince === undefined) return "-";
  return scrubbedSince === "never" ? "never" : since(scrubbedSince, now);
}

/** One word: what an operator must know first. */
function stateOf({ state, up, writable, lostSince, draining, isConfigured }: BackendStatus): string {
  if (state === "removed") return state;
  if (!isConfigured) return "unknown";
  if (lostSince !== undefined) return "lost";
  if (up === false) return "away";
  if (draining) return "draining";
  if (writable === false) return "read-only";
  return up === undefined ? "not asked" : "up";
}

function backendLines(backend: BackendStatus, now: Date): readonly string[] {
  const { name, why, isConfigured, seenAt, lostSince, onlyHere, lostReplicas } = backend;
  const lines: string[] = [];
  if (lostSince !== undefined)
    lines.push(
      `has been lost since ${clockTime(lostSince, now)}: another store, or an empty one, stands in its place. ` +
        "Bring the right one back, or give the new one its place:",
      `      nearbucket backends replace ${name}`,
    );
  else if (!isConfigured) lines.push("is named by the database, but not by the configuration");
  else if (why !== undefined) {
    lines.push(`${seenAt === undefined ? "is away" : `has been away for ${since(seenAt, now)}`}: ${why}`);
  }
  if (onlyHere.blobs > 0) lines.push(`holds the only good copy of ${amount(onlyHere)}`);
  if (lostReplicas > 0) lines.push(`has ${counted(lostReplicas, "replica")} that must be made anew or taken away`);
  lines.push(...orphanLines(backend));
  return lines.map((line) => wrap(line.startsWith(" ") ? line : `  ${name} ${line}`, "    "));
}

function orphanLines({ name, inventory }: BackendStatus): readonly string[] {
  if (inventory === undefined || inventory.quarantined === 0) return [];
  const { quarantined, bytes, isHeld } = inventory;
  const what = `holds ${counted(quarantined, "key")}, ${size(bytes)}, that the database does not know`;
  if (!isHeld) return [`${what}: deleted after graceHours`];
  return [
    `${what}. The database may be an older copy: nothing is deleted before you confirm it:`,
    `      nearbucket backends orphans ${name}`,
  ];
}

function regionLines({ goneRegions, backends }: StatusReport): readonly string[] {
  return goneRegions.map(({ region, blobs, copiesOn, outside }) => {
    const kept = `No backend is in the region ${region}, where ${counted(blobs, "blob")} must stand`;
    if (copiesOn.length === 0) return wrap(`${kept}: nearbucket doctor says what to do.`, "  ");
    const standing = copiesOn.map((name) => `${name} in ${backends.find((one) => one.name === name)?.region}`);
    const only = outside > 0 ? ` ${count(outside)} have no other copy: only the gateway reads them.` : "";
    const remedy = `If it was given another name, give it the old one again: nearbucket doctor says more.`;
    return wrap(`${kept}. Copies that do not count are on ${standing.join(", ")}.${only} ${remedy}`, "  ");
  });
}

function takeoverLines({ takeovers }: StatusReport): readonly string[] {
  return takeovers.map(({ bucket, from }) => wrap(`${bucket} takes over ${from}: what it lacks is read there.`, "  "));
}

function bucketLines({ underReplicatedByBucket: shares }: StatusReport): readonly string[] {
  if (shares.length === 0) return [];
  const rows = shares.map(({ bucket, objects, bytes }) => [bucket, count(objects), size(bytes)]);
  return [columns([["TOO FEW COPIES IN", "OBJECTS", "BYTES"], ...rows], ["OBJECTS", "BYTES"])];
}

function jobLines({ jobs, failingJobs, now }: StatusReport): readonly string[] {
  const shown = jobs.filter(({ kind }) => !PERIODIC_JOBS.has(kind));
  const failing = failingJobs.map(({ kind, jobs: number, attempts, nextAt, reason }) => {
    const what = `${counted(number, `${kind} job`)} failed, up to ${counted(attempts, "time")}: ${reason}`;
    return wrap(`  ${what}; again at ${clockTime(nextAt, now)}`, "    ");
  });
  if (shown.length === 0) return failing.length === 0 ? ["No background jobs wait."] : failing;
  const heading = ["JOBS", "WAITING", "OLDEST", "RATE", "END AT ABOUT"];
  return [columns([heading, ...shown.map((job) => jobRow(job, now))], ["WAITING", "OLDEST", "RATE"]), ...failing];
}

function jobRow({ kind, waiting, oldest, perSecond, endsAt }: JobStatus, now: Date): readonly string[] {
  return [
    kind,
    count(waiting),
    since(oldest, now),
    perSecond === undefined ? "-" : rate(perSecond),
    endsAt === undefined ? "-" : clockTime(endsAt, now),
  ];
}

function since(time: Date, now: Date): string {
  return duration(now.getTime() - time.getTime());
}

function rate(perSecond: number): string {
  if (perSecond >= 1) return `${count(Math.round(perSecond))}/s`;
  return perSecond * 60 >= 1 ? `${Math.round(perSecond * 60)}/min` : `${(perSecond * 3600).toFixed(0)}/h`;
}

interface Shown {
  readonly blobs: number;
  readonly objects: number;
  readonly bytes: number;
}

function amount({ objects, bytes }: Shown): string {
  return `${counted(objects, "object")}, ${size(bytes)}`;
}

function less(all: Shown, part: Shown): Shown {
  return { blobs: all.blobs - part.blobs, objects: all.objects - part.objects, bytes: all.bytes - part.bytes };
}
