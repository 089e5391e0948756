/** How a gateway's journal fares: for operators, in the metrics, and in what the doctor finds. */
import { Gauge, type Registry } from "prom-client";
import type { JournalReport } from "../journal/keeping.ts";

export interface JournalStatus {
  readonly mode: "interval" | "ack";
  /** Its name, and the number of the last segment that is written; undefined: this gateway does not write it. */
  readonly journal: string | undefined;
  readonly segment: number | undefined;
  /** When this gateway last wrote a segment, and to which backends. */
  readonly writtenAt: Date | undefined;
  readonly writtenTo: readonly string[];
  /** The backends that have all that a restore needs. */
  readonly complete: readonly string[];
  /** What it takes up on each of them; undefined: not looked at yet. */
  readonly bytes: number | undefined;
  readonly snapshotAt: Date | undefined;
  readonly snapshotRows: number | undefined;
  /** Since when changes have stood in the database alone; undefined: they do not. */
  readonly behindSince: Date | undefined;
  /** Why it cannot be written; undefined: it can. */
  readonly reason: string | undefined;
  /** Backends hold what was written after this database's last: nothing is deleted, and no journal written. */
  readonly isOlder: boolean;
}

/** Undefined: there is no journal. */
export function journalStatus(report: JournalReport | undefined): JournalStatus | undefined {
  if (report === undefined) return undefined;
  const { mode, head, writtenAt, writtenTo, complete, bytes, snapshot, behindSince, reason, older } = report;
  return {
    ...{ mode, journal: head?.journal, segment: head?.written, writtenAt, writtenTo, complete, bytes },
    ...{ snapshotAt: snapshot && new Date(snapshot.at), snapshotRows: snapshot?.rows, behindSince, reason },
    isOlder: older !== undefined,
  };
}

export function addJournalMetrics(registry: Registry, status: () => JournalStatus | undefined, now: () => Date): void {
  const registers = [registry];
  const ageOf = (at: Date | undefined) => (at === undefined ? undefined : (now().getTime() - at.getTime()) / 1000);
  const gauges: readonly (readonly [name: string, help: string, read: (of: JournalStatus) => number | undefined])[] = [
    [
      "nearbucket_journal_behind_seconds",
      "Since when changes stand in the database alone.",
      (of) => ageOf(of.behindSince) ?? 0,
    ],
    ["nearbucket_journal_segment", "The number of the last segment that is written.", (of) => of.segment],
    ["nearbucket_journal_snapshot_age_seconds", "The age of the newest snapshot.", (of) => ageOf(of.snapshotAt)],
    ["nearbucket_journal_bytes", "What it takes up on each of its backends.", (of) => of.bytes],
    [
      "nearbucket_journal_complete_backends",
      "Backends that have all that a restore needs.",
      (of) => of.complete.length,
    ],
    [
      "nearbucket_journal_older",
      "1 while backends hold what was written after this database's last.",
      (of) => (of.isOlder ? 1 : 0),
    ],
  ];
  for (const [name, help, read] of gauges)
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.reset();
        const of = status();
        const value = of && read(of);
        if (value !== undefined) this.set(value);
      },
    });
}
