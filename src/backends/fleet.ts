/** The open backends by name, and which are up. Contract: see openFleet. */
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import type { Backend, BackendError } from "./backend.ts";

export interface FleetMember {
  readonly backend: Backend;
  readonly region: Region;
  readonly up: boolean;
  readonly draining: boolean;
  /** Exponentially weighted average of request latency in ms; undefined until measured. */
  readonly latencyMs: number | undefined;
  /** Aborts when this member is found to be down: work under way on it gives up at once. A new one after each recovery. */
  readonly whileUp: AbortSignal;
}

export interface Fleet {
  /** In the order of the configuration. */
  members(): readonly FleetMember[];
  get(name: string): FleetMember | undefined;
  /** What a caller met; `unavailable` takes the member down at once when a probe agrees. */
  reportFailure(error: BackendError): void;
  reportSuccess(backend: string, latencyMs: number): void;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly backends: readonly Backend[];
  readonly regions: readonly Region[];
  readonly log: Log;
  /** Default 1000. */
  readonly probeIntervalMs?: number;
  /** Default 1500; two failures in a row take a member down, so a silent one is down within 5 s. */
  readonly probeTimeoutMs?: number;
}

export function openFleet(_options: FleetOptions): Fleet {
  throw new Error("contract");
}
