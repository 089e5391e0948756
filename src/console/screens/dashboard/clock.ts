/** Times of the day, in the reader's time zone. Pure. */
import { countOf } from "../../ui/format.ts";

/** `14:07`, with the day where it is another one than `now`'s. */
export function clockTime(time: string, now: string): string {
  const [at, from] = [new Date(time), new Date(now)];
  return at.toDateString() === from.toDateString() ? formatClock(at) : `${formatDay(at)}, ${formatClock(at)}`;
}

/** `in 7 minutes`, begun ones counted whole: what is waited for is there by then. `now`: the gateway's. */
export function waitUntil(time: string, now: string): string {
  const minutes = Math.ceil((Date.parse(time) - Date.parse(now)) / 60_000);
  if (minutes < 1) return "now";
  if (minutes <= 90) return `in ${countOf(minutes, "minute")}`;
  return `at ${clockTime(time, now)}`;
}

/** `14:07`. */
export function formatClock(at: Date): string {
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** `27 Nov`. */
export function formatDay(at: Date): string {
  return `${at.getDate()} ${MONTHS[at.getMonth()]}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
