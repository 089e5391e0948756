/** Metrics of inventories: how old each backend's is, and what it holds that no row knows. */
import { Gauge, type Registry } from "prom-client";
import type { InventoryFound } from "../metadata/inventory-results.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface InventoryMetricsOptions {
  readonly metadata: Metadata;
  readonly now: () => Date;
}

export function addInventoryMetrics(registry: Registry, { metadata, now }: InventoryMetricsOptions): void {
  const gauge = (name: string, help: string, measure: (found: InventoryFound) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["backend"],
      registers: [registry],
      async collect() {
        const found = await metadata.inventories();
        this.reset();
        for (const one of found) this.set({ backend: one.backend }, measure(one));
      },
    });
  gauge(
    "nearbucket_inventory_age_seconds",
    "Since the last complete inventory of a backend.",
    ({ walkedAt }) => (now().getTime() - walkedAt.getTime()) / 1000,
  );
  gauge(
    "nearbucket_quarantined",
    "Keys that a backend holds and the database does not know.",
    ({ quarantined }) => quarantined,
  );
  gauge("nearbucket_quarantined_bytes", "Bytes under these keys.", ({ bytes }) => bytes);
  gauge("nearbucket_quarantine_held", "1 while an operator must confirm that they are deleted.", ({ isHeld }) =>
    isHeld ? 1 : 0,
  );
}
