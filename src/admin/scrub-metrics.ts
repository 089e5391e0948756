/** Metrics of the scrub: what it read and found, and how long ago the oldest replica was read. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Fleet } from "../backends/fleet.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";

export interface ScrubMetricsOptions {
  readonly fleet: Fleet;
  readonly metadata: Metadata;
  readonly scrubbed: Upkeep["scrubbed"];
  readonly now: () => Date;
}

const OUTCOMES = ["good", "lost", "unread"] as const;

export function addScrubMetrics(registry: Registry, { fleet, metadata, scrubbed, now }: ScrubMetricsOptions): void {
  const registers = [registry];
  new Counter({
    name: "nearbucket_scrubbed_replicas_total",
    help: "Replicas that the scrub read: good, lost by what it found, or not readable at that time.",
    labelNames: ["backend", "outcome"],
    registers,
    collect() {
      this.reset();
      for (const [backend, counts] of scrubbed)
        for (const outcome of OUTCOMES) this.inc({ backend, outcome }, counts[outcome]);
    },
  });
  new Counter({
    name: "nearbucket_scrubbed_bytes_total",
    help: "Bytes that the scrub read.",
    labelNames: ["backend"],
    registers,
    collect() {
      this.reset();
      for (const [backend, { bytes }] of scrubbed) this.inc({ backend }, bytes);
    },
  });
  new Gauge({
    name: "nearbucket_scrub_oldest_seconds",
    help: "Since the replica not read for longest was read; NaN while there is one of which nobody knows when.",
    labelNames: ["backend"],
    registers,
    async collect() {
      this.reset();
      for (const { backend } of fleet.members()) {
        const since = await metadata.scrubs.since(backend.name);
        const seconds = since instanceof Date ? (now().getTime() - since.getTime()) / 1000 : Number.NaN;
        if (since !== undefined) this.set({ backend: backend.name }, seconds);
      }
    },
  });
}
