/** Does the gateway avoid a backend that answers, because its reads or writes fail? Only a running gateway knows. */
import type { LiveBackend } from "../live-status.ts";
import { type Finding, warning } from "./finding.ts";

const OPERATIONS = ["reads", "writes"] as const;

/** `seen`: as its gateway sees it. None for a backend that is down: nothing goes there anyway. */
export function judgeCalls(subject: string, seen: Pick<LiveBackend, "up" | "reads" | "writes">): readonly Finding[] {
  if (!seen.up) return [];
  return OPERATIONS.flatMap((operation) => {
    const { state, failingSince, errorRate } = seen[operation];
    if (state === "closed") return [];
    const since = failingSince === undefined ? "" : ` since ${failingSince.toISOString()}`;
    const share = errorRate === undefined ? "" : ` (${Math.round(100 * errorRate)} % of the last ten seconds)`;
    const says = `the gateway avoids it for ${operation}${since}, because they fail there${share}`;
    return [warning({ check: "calls", subject, says, remedy: REMEDY })];
  });
}

const REMEDY =
  "The gateway's log says how they fail: see the store's own log, its disks, its load and the network. " +
  "The gateway tries it again at least once a minute, and uses it as before when that succeeds.";
