/** Numbers of charts and tables with their units. Pure. */
import { formatBytes, formatCount } from "../../ui/format.ts";
import { formatClock, formatDay } from "./clock.ts";
import type { Unit } from "./series.ts";

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  bytes: (value) => formatBytes(Math.round(value)),
  count: (value) => formatCount(Math.round(value * 100) / 100),
  ms: formatMs,
};

export function formatValue(value: number | null | undefined, unit: Unit): string {
  return value === undefined || value === null ? "–" : FORMATS[unit](value);
}

/** `850 µs`, `12 ms`, `1.5 s`. */
function formatMs(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return ms >= 1 || ms === 0 ? `${Number(ms.toPrecision(3))} ms` : `${Math.round(ms * 1000)} µs`;
}

/** `37 %`; little is not nothing, and most is not all. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100);
  if (percent === 0 && share > 0) return "under 1 %";
  if (percent === 100 && share < 1) return "over 99 %";
  return `${percent} %`;
}

/** `41/s`, `3/min`, `2/h`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 1) return `${formatCount(Math.round(perSecond))}/s`;
  return perSecond * 60 >= 1 ? `${Math.round(perSecond * 60)}/min` : `${Math.round(perSecond * 3600)}/h`;
}

/** A mark of a time axis whose marks are `step` seconds apart: `14:00`, at midnight `27 Nov`; in the reader's zone. */
export function formatMark(seconds: number, step: number): string {
  const at = new Date(seconds * 1000);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return step >= DAY || isMidnight ? formatDay(at) : formatClock(at);
}

const DAY = 86_400;
