/** What the status report says about the journal. */
import type { StatusReport } from "../admin/status-report.ts";
import { clockTime, count, counted, duration, size, wrap } from "./layout.ts";

export function journalLines({ journal, now }: Pick<StatusReport, "journal" | "now">): readonly string[] {
  if (journal === undefined) return [];
  const { mode, segment, writtenAt, complete, bytes, snapshotAt, snapshotRows = 0, behindSince, reason } = journal;
  const lines: string[] = [];
  if (journal.isOlder)
    lines.push(
      "! OLDER DATABASE  Backends hold what was written after this database's last. Nothing is deleted from them: " +
        "restore the newer one, or have this one go on with nearbucket restore --accept-older.",
    );
  if (behindSince !== undefined)
    lines.push(
      `! JOURNAL BEHIND  since ${clockTime(behindSince, now)}: ${counted(journal.waiting, "change")} stand in the ` +
        `database alone${reason === undefined ? "" : `: ${reason}`}.`,
    );
  if (segment !== undefined) {
    const when = writtenAt === undefined ? "" : `, ${duration(now.getTime() - writtenAt.getTime())} ago`;
    const snapshot = snapshotAt && `, snapshot of ${clockTime(snapshotAt, now)} (${counted(snapshotRows, "row")})`;
    const where = complete.length === 1 ? `${complete[0]} alone, the only backend` : complete.join(" and ");
    const whole = complete.length === 0 ? "whole on no backend yet" : `whole on ${where}`;
    const room = bytes === undefined ? "" : `, ${size(bytes)}`;
    lines.push(`Journal (${mode}): segment ${count(segment)}${when}${snapshot ?? ""}${room}; ${whole}.`);
  }
  return lines.map((line) => wrap(line, "  "));
}
