/** How reads and writes fare on a backend and how much room it has, for operators: live status and metrics. */
import { Gauge, type Registry } from "prom-client";
import type { Fleet, FleetMember } from "../backends/fleet.ts";

/** As in FleetMember. */
type LiveCalls = Pick<FleetMember["reads"], "state" | "failingSince" | "errorRate" | "latencyMs">;

export interface BackendCalls {
  readonly reads: LiveCalls;
  readonly writes: LiveCalls;
  /** Bytes; undefined: nobody can tell. */
  readonly space: FleetMember["space"];
}

export function callsOf({ reads, writes, space }: FleetMember): BackendCalls {
  return { reads: plain(reads), writes: plain(writes), space };
}

function plain({ state, failingSince, errorRate, latencyMs }: LiveCalls): LiveCalls {
  return { state, failingSince, errorRate, latencyMs };
}

const OPERATIONS = { read: "reads", write: "writes" } as const;

export function addCallMetrics(registry: Registry, fleet: Fleet): void {
  const byOperation = (name: string, help: string, measure: (calls: LiveCalls) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ["backend", "operation"],
      registers: [registry],
      collect() {
        this.reset();
        for (const member of fleet.members())
          for (const [operation, kind] of Object.entries(OPERATIONS)) {
            const value = measure(member[kind]);
            if (value !== undefined) this.set({ backend: member.backend.name, operation }, value);
          }
      },
    });
  byOperation(
    "nearbucket_breaker_open",
    "1 while such calls fail on the backend, and others are preferred.",
    (calls) => (calls.state === "closed" ? 0 : 1),
  );
  byOperation(
    "nearbucket_backend_error_ratio",
    "Share of such calls of the last ten seconds that failed.",
    ({ errorRate }) => errorRate,
  );
  byOperation(
    "nearbucket_backend_operation_latency_seconds",
    "Moving average of the time until a read's first byte, or a write's acknowledgement.",
    ({ latencyMs }) => latencyMs && latencyMs / 1000,
  );
  const ofSpace = (name: string, help: string, key: "free" | "total") =>
    new Gauge({
      name,
      help,
      labelNames: ["backend"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { backend, space } of fleet.members())
          if (space !== undefined) this.set({ backend: backend.name }, space[key]);
      },
    });
  ofSpace("nearbucket_backend_free_bytes", "What can still be written to the backend.", "free");
  ofSpace("nearbucket_backend_size_bytes", "What the backend can hold in all.", "total");
}
