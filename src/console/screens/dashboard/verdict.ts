/** The safety verdict in words: what holds, by how much, and when it will be better. Pure. */
import type { Amount } from "../../../contract/common.ts";
import type { StatusDocument } from "../../../contract/status.ts";
import { countOf, formatBytes, formatCount } from "../../ui/format.ts";
import { clockTime, waitUntil } from "./clock.ts";

export interface Verdict {
  readonly kind: StatusDocument["verdict"];
  readonly word: string;
  /** Each a sentence. */
  readonly lines: readonly string[];
}

const WORDS: Readonly<Record<StatusDocument["verdict"], string>> = {
  safe: "Safe",
  "at-risk": "At risk",
  unreadable: "Unreadable",
  lost: "Lost",
  unknown: "Unknown",
};

type Told = Pick<
  StatusDocument,
  | "verdict"
  | "now"
  | "copies"
  | "stored"
  | "atRisk"
  | "unreadable"
  | "lost"
  | "underReplicated"
  | "safeAt"
  | "repairBeginsAt"
  | "toRepair"
  | "jobs"
  | "backends"
  | "goneRegions"
  | "journal"
>;

export function verdictOf(status: Told): Verdict {
  const kind = status.verdict;
  return {
    kind,
    word: WORDS[kind],
    lines: [
      ...(kind === "safe" || kind === "unknown" ? goodLines(status) : badLines(status)),
      ...regionLines(status),
      ...journalLines(status),
    ],
  };
}

function goodLines(status: Told): readonly string[] {
  const { verdict, stored, underReplicated } = status;
  const all = `${amountOf(stored)} are stored.`;
  if (stored.objects === 0) return ["Nothing is stored yet."];
  if (verdict === "unknown") return [`By the database alone, any one backend may be lost. ${all}`];
  const lines = [`Any one backend may be lost now. ${all}`];
  if (underReplicated.objects > 0)
    lines.push(`${countOf(underReplicated.objects, "object has", "objects have")} fewer copies than wanted.`);
  const planned = plannedRepair(status);
  return planned === undefined ? lines : [...lines, planned];
}

/** Each kind of trouble contains the worse ones: what is told of one is without them. */
function badLines(status: Told): readonly string[] {
  const { stored, atRisk, unreadable, lost, backends } = status;
  const lines: string[] = [];
  if (lost.blobs > 0) lines.push(`${amountOf(lost)} are lost: no backend holds a good copy.`);
  if (unreadable.blobs > lost.blobs) {
    const away = backends.filter(({ live, onlyHere }) => live?.up === false && onlyHere.blobs > 0);
    const back = away.length > 0 ? ` Bring back ${away.map(({ name }) => name).join(", ")}.` : "";
    lines.push(
      `${amountOf(less(unreadable, lost))} cannot be read: all their copies are on backends that are away.${back}`,
    );
  }
  if (atRisk.blobs > unreadable.blobs) {
    const { objects, bytes } = less(atRisk, unreadable);
    const of = `${formatCount(objects)} of ${countOf(stored.objects, "object")} (${formatBytes(bytes)})`;
    lines.push(`${of} have only one good copy in place. ${plannedRepair(status) ?? whenSafe(status)}`);
  }
  return lines;
}

/** What keeps a lost database from coming back from the backends. */
function journalLines({ journal, now }: Told): readonly string[] {
  if (journal?.isOlder)
    return [
      "Backends hold what was written after this database's last: it is an older one, and nothing is deleted from " +
        "them. Restore the newer one, or have this one go on: nearbucket restore --accept-older.",
    ];
  if (journal?.behindSince === undefined) return [];
  const why = journal.reason === undefined ? "" : `: ${journal.reason}`;
  const since = clockTime(journal.behindSince, now);
  return [`Since ${since} changes stand in the database alone, as the journal cannot be written${why}.`];
}

function regionLines({ goneRegions }: Told): readonly string[] {
  return goneRegions.map(({ region, blobs, copiesOn }) => {
    const gone = `No backend is in the region ${region}, where ${countOf(blobs, "blob")} must stand.`;
    if (copiesOn.length === 0) return gone;
    return `${gone} Copies on ${copiesOn.join(", ")} do not count: was it given another name?`;
  });
}

function plannedRepair({ repairBeginsAt, toRepair, now }: Told): string | undefined {
  if (repairBeginsAt === undefined || toRepair === undefined) return undefined;
  return `Repair of ${countOf(toRepair.objects, "object")} begins ${waitUntil(repairBeginsAt, now)}.`;
}

function whenSafe({ safeAt, now, copies, jobs, underReplicated, backends }: Told): string {
  if (copies === 1) return "Because copies is 1, each is stored once.";
  if (safeAt !== undefined) return `Safe again about ${clockTime(safeAt, now)}.`;
  if (underReplicated.blobs === 0 && backends.every(({ live }) => live?.up !== false))
    return "They have as many copies as they should: their bucket or their writes ask for one.";
  if (!jobs.some(({ kind }) => kind === "copy")) return "No repair is planned yet.";
  return "When they are safe again cannot be told: no repair has finished of late.";
}

function amountOf({ objects, bytes }: Pick<Amount, "objects" | "bytes">): string {
  return `${countOf(objects, "object")} (${formatBytes(bytes)})`;
}

function less(whole: Amount, part: Amount): Pick<Amount, "objects" | "bytes"> {
  return { objects: whole.objects - part.objects, bytes: whole.bytes - part.bytes };
}
