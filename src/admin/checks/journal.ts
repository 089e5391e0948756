/** Would a lost database come back from the backends? */
import type { JournalStatus } from "../journal-status.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const HOUR_MS = 3_600_000;
/** A snapshot that is late by this factor will not come by itself. */
const LATE = 3;

export interface JournalCheck {
  readonly mode: "off" | "interval" | "ack";
  /** Of a running gateway; undefined: none answers. */
  readonly status: JournalStatus | undefined;
  /** The database's other half: without it the journal cannot be read. Undefined: the configuration holds it. */
  readonly keyFile: string | undefined;
  readonly snapshotHours: number;
  readonly now: Date;
}

export function checkJournal({ mode, status, keyFile, snapshotHours, now }: JournalCheck): readonly Finding[] {
  const told = { check: "journal", subject: undefined };
  if (mode === "off")
    return [
      warning({
        ...told,
        says: "is off: a lost database comes back only from a backup",
        remedy: "See docs/backup.md.",
      }),
    ];
  const key = keyFile === undefined ? [] : [keepKey(keyFile)];
  if (status === undefined) return key;
  const { isOlder, behindSince, reason, complete, snapshotAt } = status;
  if (isOlder)
    return [
      error({
        ...told,
        says: "the backends hold what was written after this database's last: it is an older one",
        remedy: "Restore the newer one, or have this one go on: nearbucket restore --accept-older",
      }),
    ];
  if (behindSince !== undefined)
    return [
      error({
        ...told,
        says: `was last written in full at ${behindSince.toISOString()}: ${reason ?? "it is behind"}`,
        remedy: "See that the backends are up and take writes: nearbucket status",
      }),
      ...key,
    ];
  if (snapshotAt !== undefined && now.getTime() - snapshotAt.getTime() > LATE * snapshotHours * HOUR_MS)
    return [
      warning({
        ...told,
        says: `has had no snapshot since ${snapshotAt.toISOString()}, and gets one every ${snapshotHours} hours`,
        remedy: "See that the backends are up and take writes: nearbucket status, and the gateway's log.",
      }),
      ...key,
    ];
  const [first, second] = complete;
  const alone = `on ${first}, the only backend: who loses that has lost both`;
  const where = first === undefined ? "on no backend yet" : second === undefined ? alone : `on ${first} and ${second}`;
  return [ok("journal", undefined, `is written, and whole ${where}`), ...key];
}

function keepKey(file: string): Finding {
  return ok("journal", file, "opens it: keep a copy of this file elsewhere, or nothing can be restored");
}
