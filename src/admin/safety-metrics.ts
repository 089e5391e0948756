/** Metrics of what is stored how safely, of failures of backends and of finished jobs. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Metadata } from "../metadata/metadata.ts";
import type { BackendErrors } from "./backend-errors.ts";
import type { Safety } from "./safety.ts";
import type { SafetyWatch } from "./safety-watch.ts";

export interface SafetyMetricsOptions {
  readonly metadata: Metadata;
  readonly errors: BackendErrors;
  readonly safety: SafetyWatch;
}

const STATES = {
  stored: (safety) => safety.stored,
  "at-risk": (safety) => safety.atRisk,
  unreadable: (safety) => safety.unreadable,
  lost: (safety) => safety.lost,
  "under-replicated": (safety) => safety.underReplicated,
} as const satisfies Readonly<Record<string, (safety: Safety) => Safety["stored"]>>;

export function addSafetyMetrics(registry: Registry, { metadata, errors, safety }: SafetyMetricsOptions): void {
  const registers = [registry];
  new Gauge({
    name: "nearbucket_objects",
    help: "Objects by how safely they are stored, as of at most ten seconds before.",
    labelNames: ["state"],
    registers,
    collect() {
      const counted = safety.latest();
      for (const [state, amountOf] of Object.entries(STATES))
        if (counted !== undefined) this.set({ state }, amountOf(counted.safety).objects);
    },
  });
  new Gauge({
    name: "nearbucket_object_bytes",
    help: "Bytes of these objects, one copy of each content.",
    labelNames: ["state"],
    registers,
    collect() {
      const counted = safety.latest();
      for (const [state, amountOf] of Object.entries(STATES))
        if (counted !== undefined) this.set({ state }, amountOf(counted.safety).bytes);
    },
  });
  new Gauge({
    name: "nearbucket_objects_counted_timestamp_seconds",
    help: "When they were last counted.",
    registers,
    collect() {
      const counted = safety.latest();
      if (counted !== undefined) this.set(counted.countedAt.getTime() / 1000);
    },
  });
  const backendGauge = (name: string, help: string, measure: (backend: Safety["backends"][number]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["backend"],
      registers,
      collect() {
        this.reset();
        for (const one of safety.latest()?.safety.backends ?? []) this.set({ backend: one.name }, measure(one));
      },
    });
  backendGauge(
    "nearbucket_backend_only_here_objects",
    "Objects that would be lost with it.",
    (one) => one.onlyHere.objects,
  );
  backendGauge("nearbucket_backend_replicas", "Good replicas of objects that it holds.", (one) => one.replicas);
  backendGauge("nearbucket_backend_bytes", "Bytes of these replicas.", (one) => one.bytes);
  new Counter({
    name: "nearbucket_backend_errors_total",
    help: "Failures of backends that requests and jobs met, by fault.",
    labelNames: ["backend", "fault"],
    registers,
    collect() {
      this.reset();
      for (const [key, count] of errors.counts) {
        const [backend = "", fault = ""] = key.split(" ");
        this.inc({ backend, fault }, count);
      }
    },
  });
  new Counter({
    name: "nearbucket_jobs_finished_total",
    help: "Background jobs that this gateway finished, by kind.",
    labelNames: ["kind"],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of metadata.jobs.finished) this.inc({ kind }, count);
    },
  });
}
