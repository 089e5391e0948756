/** How reads and writes fare on each backend, and how much room it has: the second table of `nearbucket status`. */
import type { BackendStatus } from "../admin/status-report.ts";
import { columns } from "./columns.ts";
import { clockTime, size } from "./layout.ts";

type Calls = NonNullable<BackendStatus["reads"]>;

const HEADING = ["CALLS TO", "READS", "FAILED", "FIRST BYTE", "WRITES", "FAILED", "DONE AFTER", "FREE"];

/** Nothing while no gateway says. */
export function callsTable(backends: readonly BackendStatus[], now: Date): readonly string[] {
  const rows = backends.flatMap(({ name, reads, writes, space }) => {
    if (reads === undefined || writes === undefined) return [];
    const free = space === undefined ? "-" : `${size(space.free)} of ${size(space.total)}`;
    return [[name, ...cellsOf(reads, now), ...cellsOf(writes, now), free]];
  });
  return rows.length === 0 ? [] : [columns([HEADING, ...rows], ["FAILED", "FIRST BYTE", "DONE AFTER"])];
}

function cellsOf({ state, failingSince, errorRate, latencyMs }: Calls, now: Date): readonly string[] {
  const since = failingSince === undefined ? "" : ` since ${clockTime(failingSince, now)}`;
  const word = state === "closed" ? "ok" : state === "open" ? "avoided" : "on trial";
  return [
    `${word}${since}`,
    errorRate === undefined ? "-" : `${Math.round(100 * errorRate)} %`,
    latencyMs === undefined ? "-" : `${Math.round(latencyMs)} ms`,
  ];
}
