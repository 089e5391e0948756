/** Can this gateway serve? Kept in memory and fresh by one query a second, so that asking costs nothing. */
import type { Fleet, FleetMember } from "../backends/fleet.ts";
import { healthyMembers } from "../blobs/replicas/placement.ts";
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface Readiness {
  /** It is about to end: whoever can should go elsewhere, although everything is served as before. */
  readonly stopping: boolean;
  /** The database answers and a backend is up. */
  readonly reads: boolean;
  /** And as many backends take new blobs as there are to be copies. */
  readonly writes: boolean;
  readonly database: "up" | "down";
  /** lost: another store, or an empty one, stands in its place. */
  readonly backends: Readonly<Record<string, "up" | "down" | "lost">>;
}

export interface ReadinessWatch {
  now(): Readiness;
  /** The gateway is about to end. */
  stop(): void;
  /** Waits for the query under way. */
  close(): Promise<void>;
}

const QUERY_EVERY_MS = 1000;
/** A database that takes longer than this is down. */
const PATIENCE_MS = 3000;

function conditionOf({ up, lostSince }: FleetMember): "up" | "down" | "lost" {
  if (up) return "up";
  return lostSince === undefined ? "down" : "lost";
}

export function watchReadiness(options: {
  readonly metadata: Pick<Metadata, "ping">;
  readonly fleet: Fleet;
  readonly copies: number;
  readonly log: Log;
}): ReadinessWatch {
  const { metadata, fleet, copies, log } = options;
  let failed = false;
  let stopping = false;
  let query: { readonly since: number; readonly done: Promise<void> } | undefined;
  const ask = async () => {
    try {
      await metadata.ping();
      failed = false;
    } catch (error) {
      if (!failed) log.error({ err: error }, "the database does not answer");
      failed = true;
    }
    query = undefined;
  };
  const timer = setInterval(() => {
    if (query === undefined) query = { since: performance.now(), done: ask() };
  }, QUERY_EVERY_MS).unref();
  return {
    now() {
      const isLate = query !== undefined && performance.now() - query.since > PATIENCE_MS;
      const database = failed || isLate ? "down" : "up";
      const members = fleet.members();
      const up = members.filter((member) => member.up);
      const reads = database === "up" && up.length > 0;
      return {
        stopping,
        reads,
        writes: reads && healthyMembers(members).length >= copies,
        database,
        backends: Object.fromEntries(members.map((member) => [member.backend.name, conditionOf(member)] as const)),
      };
    },
    stop() {
      stopping = true;
    },
    async close() {
      clearInterval(timer);
      await query?.done;
    },
  };
}
