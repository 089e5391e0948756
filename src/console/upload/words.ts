/** What the panel says about all files, and about one that failed. Pure. */
import { countOf, formatBytes, formatDuration } from "../ui/format.ts";
import { percentOf, type Totals } from "./totals.ts";

/** `300 files: 287 already stored (1.20 GiB not sent), 13 sent (40.1 MiB)`. */
export function summaryOf(totals: Totals): string {
  const { files, linked, linkedBytes, done, sentBytes, stoodBytes, failed, cancelled } = totals;
  const stood = stoodBytes > 0 ? `, ${formatBytes(stoodBytes)} were there from before` : "";
  const parts = [
    linked > 0 && `${countOf(linked, "already stored", "already stored")} (${formatBytes(linkedBytes)} not sent)`,
    done > 0 && `${countOf(done, "sent", "sent")} (${formatBytes(sentBytes)}${stood})`,
    failed > 0 && countOf(failed, "failed", "failed"),
    cancelled > 0 && countOf(cancelled, "cancelled", "cancelled"),
  ];
  return `${countOf(files, "file")}: ${parts.filter((part) => part !== false).join(", ")}`;
}

/** `42 % · 11.8 MiB/s · about 3 min left`. `rate` in bytes a second, `left` in seconds. */
export function progressOf(totals: Totals, rate: number | undefined, left: number | undefined): string {
  const parts = [
    `${percentOf(totals)} %`,
    rate !== undefined && rate > 0 && `${formatBytes(Math.round(rate))}/s`,
    left !== undefined && left > 0 && `about ${formatDuration(left)} left`,
    totals.unread > 0 && `${formatBytes(totals.unread)} to be read`,
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: "The key that you signed in with may not write here.",
  NoSuchBucket: "The bucket is gone.",
  QuotaExceeded: "The quota is used up: delete something, or ask the operator.",
  XAmzContentSHA256Mismatch: "The bytes that arrived are not those that were read: try again.",
  BadDigest: "The bytes that arrived are not those that were read: try again.",
  RequestTimeTooSkewed: "The clock of this computer is wrong by more than 15 minutes.",
  Unreadable: "Choose the file again.",
  InvalidPart: "Try again: parts that are stored are kept.",
};

/** What to do about a fault; undefined where its message says all there is. */
export function adviceFor(code: string): string | undefined {
  return ADVICE[code];
}
