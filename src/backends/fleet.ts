/**
 * The open backends by name, and which are up: each is probed every second, and at once when a caller met a failure.
 */
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import type { Backend, BackendError } from "./backend.ts";
import { WatchedMember } from "./fleet-member.ts";
import type { GuardedBackend } from "./guarded-backend.ts";

export interface FleetMember {
  /** What is under way on it gives up when the member is found to be down. */
  readonly backend: GuardedBackend;
  readonly region: Region;
  readonly up: boolean;
  readonly draining: boolean;
  /** Exponentially weighted average of request latency in ms; undefined until measured. */
  readonly latencyMs: number | undefined;
}

export interface Fleet {
  /** In the order of the configuration. */
  members(): readonly FleetMember[];
  get(name: string): FleetMember | undefined;
  /**
   * What a caller met; `unavailable` takes the member down at once when a probe agrees, or when nobody listens there.
   */
  reportFailure(error: BackendError): void;
  reportSuccess(backend: string, latencyMs: number): void;
  /** Probes every member and resolves when all have answered or run out of time. */
  probeNow(): Promise<void>;
  /** Waits for the probes under way and closes the backends. */
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly backends: readonly Backend[];
  /** Must name the region of every backend. */
  readonly regions: readonly Region[];
  readonly log: Log;
  /** Names of backends that are being emptied. */
  readonly draining?: readonly string[] | undefined;
  /** Default 1000. */
  readonly probeIntervalMs?: number | undefined;
  /** Default 1500; two failures in a row take a member down, so a silent one is down within 5 s. */
  readonly probeTimeoutMs?: number | undefined;
}

/**
 * Every member counts as up until its probes fail; the first probes start at once. Throws on a name given twice or an
 * unknown region.
 */
export function openFleet(options: FleetOptions): Fleet {
  const members = new Map<string, WatchedMember>();
  for (const backend of options.backends) {
    const region = options.regions.find(({ name }) => name === backend.region);
    if (region === undefined) throw new Error(`backend ${backend.name} is in an unknown region: ${backend.region}`);
    if (members.has(backend.name)) throw new Error(`two backends are called ${backend.name}`);
    const draining = options.draining?.includes(backend.name) ?? false;
    members.set(
      backend.name,
      new WatchedMember(backend, region, {
        draining,
        probeTimeoutMs: options.probeTimeoutMs ?? 1500,
        log: options.log,
      }),
    );
  }
  const all = [...members.values()];
  const probeAll = async () => {
    await Promise.all(all.map((member) => member.probe()));
  };
  const timer = setInterval(probeAll, options.probeIntervalMs ?? 1000).unref();
  void probeAll();

  return {
    members: () => all,
    get: (name) => members.get(name),
    reportFailure(error) {
      if (error.fault === "unavailable") members.get(error.backend)?.suspect(error);
    },
    reportSuccess: (backend, latencyMs) => members.get(backend)?.measured(latencyMs),
    probeNow: probeAll,
    async close() {
      clearInterval(timer);
      await Promise.all(all.map((member) => member.close()));
    },
  };
}
