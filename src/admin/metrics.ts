/**
 * What a gateway counts, for Prometheus at `/-/metrics`. Labels are bounded: operations, rules, families, backends and
 * job kinds are all finite.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Fleet } from "../backends/fleet.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import { addCallMetrics } from "./backend-calls.ts";
import type { BackendErrors } from "./backend-errors.ts";
import { addInventoryMetrics } from "./inventory-metrics.ts";
import { addJournalMetrics, type JournalStatus } from "./journal-status.ts";
import { addSafetyMetrics } from "./safety-metrics.ts";
import type { SafetyWatch } from "./safety-watch.ts";
import { addScrubMetrics } from "./scrub-metrics.ts";

export interface Metrics {
  /** One answered request; `seconds` until its last byte went out. */
  readonly observe: (end: {
    readonly operation: string;
    readonly status: number;
    readonly seconds: number;
    /** The error code of a caller that could not be authenticated. */
    readonly authenticationFailure: string | undefined;
  }) => void;
  /** One routed read, by the rule that decided and the client's family. */
  readonly countRedirect: (kind: "redirect" | "proxy", rule: string, family: string) => void;
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  readonly fleet: Fleet;
  readonly metadata: Metadata;
  readonly blobs: Pick<BlobStore, "cacheCounts" | "hedgeCounts">;
  readonly budget: { readonly used: number; readonly waiting: number; readonly refused: number };
  readonly errors: BackendErrors;
  readonly safety: SafetyWatch;
  readonly scrubbed: Upkeep["scrubbed"];
  readonly journal: () => JournalStatus | undefined;
  readonly now: () => Date;
  readonly pace: { readonly cut: Readonly<Record<string, number>>; readonly dropped: number };
}

export function openMetrics(options: MetricsOptions): Metrics {
  const { fleet, metadata, blobs, budget, pace } = options;
  const registry = new Registry();
  const registers = [registry];
  addSafetyMetrics(registry, options);
  addScrubMetrics(registry, options);
  addInventoryMetrics(registry, options);
  addCallMetrics(registry, fleet);
  addJournalMetrics(registry, options.journal, options.now);
  const requests = new Counter({
    name: "nearbucket_requests_total",
    help: "Requests by S3 operation and status.",
    labelNames: ["operation", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "nearbucket_request_seconds",
    help: "Time from the request's header to the reply's last byte.",
    labelNames: ["operation"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const authenticationFailures = new Counter({
    name: "nearbucket_authentication_failures_total",
    help: "Requests refused because their caller could not be authenticated, by error code.",
    labelNames: ["code"],
    registers,
  });
  const reads = new Counter({
    name: "nearbucket_reads_total",
    help: "Reads redirected or proxied, by deciding rule and client family.",
    labelNames: ["kind", "rule", "family"],
    registers,
  });
  new Counter({
    name: "nearbucket_cache_reads_total",
    help: "Reads of small blobs through here, by whether they were in memory.",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      this.inc({ outcome: "hit" }, blobs.cacheCounts.hits);
      this.inc({ outcome: "miss" }, blobs.cacheCounts.misses);
    },
  });
  new Counter({
    name: "nearbucket_hedged_reads_total",
    help: "Reads that asked a second replica while the first took long, by which answered; or that may not have.",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(blobs.hedgeCounts)) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: "nearbucket_cache_bytes",
    help: "Memory held by small blobs.",
    registers,
    collect() {
      this.set(blobs.cacheCounts.bytes);
    },
  });
  new Gauge({
    name: "nearbucket_backend_up",
    help: "1 while the backend can be reached.",
    labelNames: ["backend", "region"],
    registers,
    collect() {
      this.reset();
      for (const { backend, region, up } of fleet.members())
        this.set({ backend: backend.name, region: region.name }, up ? 1 : 0);
    },
  });
  new Gauge({
    name: "nearbucket_backend_lost",
    help: "1 while another store, or an empty one, stands in the backend's place.",
    labelNames: ["backend"],
    registers,
    collect() {
      this.reset();
      for (const { backend, lostSince } of fleet.members())
        this.set({ backend: backend.name }, lostSince === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: "nearbucket_backend_writable",
    help: "1 while the backend takes small writes.",
    labelNames: ["backend"],
    registers,
    collect() {
      this.reset();
      for (const { backend, up, writable } of fleet.members())
        this.set({ backend: backend.name }, up && writable ? 1 : 0);
    },
  });
  new Gauge({
    name: "nearbucket_backend_latency_seconds",
    help: "Moving average of the time until a read or a probe is answered.",
    labelNames: ["backend"],
    registers,
    collect() {
      this.reset();
      for (const { backend, latencyMs } of fleet.members())
        if (latencyMs !== undefined) this.set({ backend: backend.name }, latencyMs / 1000);
    },
  });
  new Gauge({
    name: "nearbucket_blobs_too_few_copies",
    help: "Blobs with too few good copies, when all were last looked at.",
    registers,
    async collect() {
      this.set((await metadata.jobs.foundFew()) ?? Number.NaN);
    },
  });
  new Gauge({
    name: "nearbucket_jobs_waiting",
    help: "Background jobs that wait, by kind.",
    labelNames: ["kind"],
    registers,
    async collect() {
      this.reset();
      for (const { kind, waiting } of await metadata.jobs.backlog()) this.set({ kind }, waiting);
    },
  });
  new Gauge({
    name: "nearbucket_jobs_stuck",
    help: "Background jobs that failed many times and are still tried, by kind.",
    labelNames: ["kind"],
    registers,
    async collect() {
      this.reset();
      for (const { kind, stuck } of await metadata.jobs.backlog()) this.set({ kind }, stuck);
    },
  });
  new Gauge({
    name: "nearbucket_buffered_bytes",
    help: "Memory taken for bodies, of limits.bufferedBytes.",
    registers,
    collect() {
      this.set(budget.used);
    },
  });
  new Gauge({
    name: "nearbucket_buffered_waiting",
    help: "Bodies that wait for memory.",
    registers,
    collect() {
      this.set(budget.waiting);
    },
  });
  new Counter({
    name: "nearbucket_refused_total",
    help: "Bodies refused for want of memory, connections refused because there were too many.",
    labelNames: ["what"],
    registers,
    collect() {
      this.reset();
      this.inc({ what: "body" }, budget.refused);
      this.inc({ what: "connection" }, pace.dropped);
    },
  });
  new Counter({
    name: "nearbucket_cut_total",
    help: "Clients cut: slow senders, slow readers, and those that stood still while others waited for memory.",
    labelNames: ["who"],
    registers,
    collect() {
      this.reset();
      for (const [who, count] of Object.entries(pace.cut)) this.inc({ who }, count);
    },
  });
  return {
    observe: ({ operation, status, seconds: taken, authenticationFailure }) => {
      requests.inc({ operation, status: String(status) });
      seconds.observe({ operation }, taken);
      if (authenticationFailure !== undefined) authenticationFailures.inc({ code: authenticationFailure });
    },
    countRedirect: (kind, rule, family) => reads.inc({ kind, rule, family }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
