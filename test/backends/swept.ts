/** A guarded backend on a faulty S3 server; the test does the sweeps, and moves the clock of its breakers. */
import type { BackendFault } from "../../src/backends/backend.ts";
import { CallHealth } from "../../src/backends/call-health.ts";
import { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { Uptime } from "../../src/backends/uptime.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import type { SlowLine } from "../support/slow-line.ts";
import { backendAt } from "./s3/support.ts";

export const STILL_MS = 5000;

/** `line`: how the store is reached. */
export async function guarded(line?: (endpoint: string) => Promise<SlowLine>) {
  const store = await startFaultyS3();
  const between = await line?.(store.endpoint);
  const backend = backendAt(between?.url ?? store.endpoint);
  const told: string[] = [];
  const clock = { at: 50_000 };
  const health = (operation: string, faults: readonly BackendFault[]) =>
    new CallHealth({
      backend: "far",
      faults,
      now: () => new Date(1000),
      elapsed: () => clock.at,
      random: () => 0.5,
      onChange: (failed) => told.push(`${operation}: ${failed?.fault ?? "well"}`),
    });
  const reads = health("read", ["unavailable"]);
  const writes = health("write", ["unavailable", "refused"]);
  const uptime = new Uptime();
  return {
    store,
    reads,
    writes,
    told,
    clock,
    uptime,
    backend: new GuardedBackend(backend, () => uptime, { reads, writes }),
    sweep(times = 12) {
      for (let n = 0; n < times; n++) for (const kind of [reads, writes]) kind.sweep(STILL_MS, []);
    },
    async [Symbol.asyncDispose]() {
      await backend.close();
      await between?.[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
