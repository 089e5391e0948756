/**
 * The open backends by name, and which are up: each is probed every second, and at once when a caller met a failure.
 * One that the database does not know, or that shows another identity than the database says, is never up.
 */
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import type { BackendState, RedirectAbilities, Registration } from "../registration.ts";
import type { Backend, BackendError } from "./backend.ts";
import type { OperationHealth } from "./call-health.ts";
import { WatchedMember } from "./fleet-member.ts";
import type { GuardedBackend } from "./guarded-backend.ts";
import type { Space } from "./space.ts";
import { SWEEPS } from "./watched-call.ts";

export interface FleetMember {
  /** What is under way on it gives up when the member is found to be down. */
  readonly backend: GuardedBackend;
  readonly region: Region;
  /** It answers and shows the identity it is registered under. */
  readonly up: boolean;
  /** Why it is not up. */
  readonly failure: BackendError | undefined;
  /** It took the last small write. */
  readonly writable: boolean;
  /** By the configuration or by `state`: it is given nothing new. */
  readonly draining: boolean;
  readonly state: BackendState;
  /** As registered; undefined: it is not. */
  readonly identity: string | undefined;
  /** What its store was found to do with redirected reads; undefined: that is not known. */
  readonly abilities: RedirectAbilities | undefined;
  /** When it was last found in place, by any gateway; the opening of the fleet where it is not registered yet. */
  readonly seenAt: Date;
  /** Since when another identity, or none, stands in its place; undefined: that is not so. */
  readonly lostSince: Date | undefined;
  /** How its reads and its writes fare; where they fail, others are preferred. */
  readonly reads: OperationHealth;
  readonly writes: OperationHealth;
  /** How much room it has; undefined: nobody can tell. */
  readonly space: Space | undefined;
  /** Exponentially weighted average of the time to the answers of reads and probes, in ms; undefined until measured. */
  readonly latencyMs: number | undefined;
  /** What choices between equally near backends go by, in ms: expected-read.ts; undefined until measured. */
  readonly expectedReadMs: number | undefined;
}

export interface Fleet {
  /** In the order of the configuration, without those that the database says are removed. */
  members(): readonly FleetMember[];
  get(name: string): FleetMember | undefined;
  /** Do its replicas count: attached, not draining, and in place now or within the outage grace? */
  isPresent(name: string): boolean;
  /** One more member, from now on. Throws on a name that is taken and on an unknown region. */
  add(backend: Backend): void;
  /** What the database says now. Members it newly names, or names with another identity, are up after a good probe. */
  setRegistrations(registrations: readonly Registration[]): void;
  /**
   * What a caller met; `unavailable` takes the member down at once when a probe agrees, or when nobody listens there.
   */
  reportFailure(error: BackendError): void;
  /** The time to the answer of a read. Those of writes depend on their size, and say nothing about reads. */
  reportSuccess(backend: string, latencyMs: number): void;
  /** Bytes that replicas take, by backend, as the database knows it: for those with `sizeBytes`. */
  setUsed(bytes: ReadonlyMap<string, number>): void;
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
  /** Default 5000: a read or write that a store leaves without progress for so long counts as failed. */
  readonly stillMs?: number | undefined;
  /** How long replicas on a member that is away still count. Default ten minutes. */
  readonly outageGraceMs?: number | undefined;
  readonly now?: (() => Date) | undefined;
}

const OUTAGE_GRACE_MS = 600_000;

/**
 * No member is up before `setRegistrations` and a good probe. Throws on a name given twice or an unknown region.
 */
export function openFleet(options: FleetOptions): Fleet {
  const {
    log,
    now = () => new Date(),
    outageGraceMs = OUTAGE_GRACE_MS,
    probeTimeoutMs = 1500,
    stillMs = 5000,
  } = options;
  const members = new Map<string, WatchedMember>();
  let present: readonly WatchedMember[] = [];
  const settle = () => {
    present = [...members.values()].filter(({ state }) => state !== "removed");
  };
  const add = (backend: Backend) => {
    const region = options.regions.find(({ name }) => name === backend.region);
    if (region === undefined) throw new Error(`backend ${backend.name} is in an unknown region: ${backend.region}`);
    if (members.has(backend.name)) throw new Error(`two backends are called ${backend.name}`);
    const draining = options.draining?.includes(backend.name) ?? false;
    members.set(backend.name, new WatchedMember(backend, region, { draining, probeTimeoutMs, now, log }));
    settle();
  };
  for (const backend of options.backends) add(backend);
  const get = (name: string) => {
    const member = members.get(name);
    return member?.state === "removed" ? undefined : member;
  };
  const probeAll = async () => {
    await Promise.all([...members.values()].map((member) => member.probe()));
  };
  const sweep = () => {
    for (const member of present)
      member.sweep(
        stillMs,
        present.filter((other) => other !== member),
      );
  };
  const sweeps = setInterval(sweep, stillMs / SWEEPS).unref();
  const timer = setInterval(probeAll, options.probeIntervalMs ?? 1000).unref();

  return {
    members: () => present,
    get,
    isPresent(name) {
      const member = get(name);
      if (member === undefined || member.draining) return false;
      return member.up || now().getTime() - member.seenAt.getTime() < outageGraceMs;
    },
    add,
    setRegistrations(registrations) {
      for (const [name, member] of members) member.registration = registrations.find((one) => one.name === name);
      settle();
    },
    reportFailure(error) {
      if (error.fault === "unavailable") members.get(error.backend)?.suspect(error);
    },
    reportSuccess: (backend, latencyMs) => members.get(backend)?.measured(latencyMs),
    setUsed(bytes) {
      for (const [name, member] of members) member.usedBytes = bytes.get(name) ?? 0;
    },
    probeNow: probeAll,
    async close() {
      clearInterval(timer);
      clearInterval(sweeps);
      await Promise.all([...members.values()].map((member) => member.close()));
    },
  };
}
