/**
 * One backend under watch. It is up only while it shows the identity under which it is registered: two failed probes in
 * a row take it down, one good probe brings it back. Those that merely found it unavailable do not while bytes are read
 * from it: most often this process has too much to do. Whether it takes writes is asked more rarely, and apart.
 */
import { setImmediate } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import type { BackendState, RedirectAbilities, Registration } from "../registration.ts";
import { asBackendError, type Backend, BackendError, type BackendFault } from "./backend.ts";
import { CallHealth } from "./call-health.ts";
import { expectedReadMs, steady } from "./expected-read.ts";
import { GuardedBackend } from "./guarded-backend.ts";
import { isRefusedConnection } from "./refused-connection.ts";
import type { Space } from "./space.ts";
import { tryRead, tryWrite } from "./trial.ts";
import { Uptime } from "./uptime.ts";
import { WatchedSpace } from "./watched-space.ts";
import { withinTime } from "./within-time.ts";

/** Weight of the newest measurement in the latency average. */
const NEWEST = 0.2;
/** A write costs more than a look: one in so many probes. */
const WRITE_EVERY = 10;
/** Room changes slowly, and what is written from here is counted. */
const SPACE_EVERY = 15;

const TRIALS = [
  ["reads", tryRead],
  ["writes", tryWrite],
] as const;

export interface WatchedMemberOptions {
  /** The configuration says that it is being emptied. */
  readonly draining: boolean;
  readonly probeTimeoutMs: number;
  readonly now: () => Date;
  readonly log: Log;
}

/** What fleet.ts shows as a FleetMember. */
export class WatchedMember {
  readonly backend: GuardedBackend;
  readonly region: Region;
  readonly reads: CallHealth;
  readonly writes: CallHealth;
  latencyMs: number | undefined;
  expectedReadMs: number | undefined;
  writable = true;
  readonly #bare: Backend;
  readonly #options: WatchedMemberOptions;
  readonly #openedAt: Date;
  /** A new one after each recovery. */
  #uptime = new Uptime();
  #registration: Registration | undefined;
  #seenAt: Date | undefined;
  #lostSince: Date | undefined;
  #probing: Promise<void> | undefined;
  #again = false;
  #closed = false;
  /** Calls under way, and those that did not heed the end of their time: one of each kind at most. */
  readonly #hung = new Map<string, Promise<void>>();
  #untilWrite = 0;
  #untilSpace = 0;
  readonly #space: WatchedSpace;
  #limit: AbortController | undefined;

  constructor(backend: Backend, region: Region, options: WatchedMemberOptions) {
    this.#bare = backend;
    this.region = region;
    this.#options = options;
    this.reads = this.#health("read", ["unavailable"]);
    this.writes = this.#health("write", ["unavailable", "refused"]);
    this.#space = new WatchedSpace(this.writes, backend.sizeBytes);
    this.backend = new GuardedBackend(backend, () => this.#uptime, this);
    this.#openedAt = options.now();
    this.#uptime.end(backend.name, new BackendError(backend.name, "unavailable", { detail: "not probed yet" }));
  }

  get up(): boolean {
    return this.#uptime.failure === undefined;
  }

  get state(): BackendState {
    return this.#registration?.state ?? "attached";
  }

  get draining(): boolean {
    return this.#options.draining || this.state === "draining";
  }

  get lostSince(): Date | undefined {
    return this.up ? undefined : (this.#lostSince ?? this.#registration?.lostAt);
  }

  get identity(): string | undefined {
    return this.#registration?.identity;
  }

  get abilities(): RedirectAbilities | undefined {
    const abilities = this.#registration?.abilities;
    // Where clients were sent elsewhere then, it says nothing about where they are sent now.
    return abilities?.publicEndpoint === this.#bare.traits.publicEndpoint ? abilities : undefined;
  }

  get seenAt(): Date {
    const registered = this.#registration?.seenAt ?? this.#openedAt;
    return this.#seenAt !== undefined && this.#seenAt > registered ? this.#seenAt : registered;
  }

  /** What the database says now; undefined: it is not registered. */
  set registration(registration: Registration | undefined) {
    const isAnother = registration?.identity !== this.#registration?.identity || registration?.state === "removed";
    this.#registration = registration;
    if (!isAnother) return;
    this.#seenAt = undefined;
    this.#lostSince = undefined;
    if (this.up) this.#goDown(new BackendError(this.#bare.name, "unavailable", { detail: "registered anew" }));
  }

  get space(): Space | undefined {
    return this.#space.now();
  }

  /** Bytes that replicas take there, as the database knows it. */
  set usedBytes(used: number) {
    this.#space.counted(used);
  }

  get failure(): BackendError | undefined {
    return this.#uptime.failure;
  }

  measured(latencyMs: number): void {
    this.latencyMs = this.latencyMs === undefined ? latencyMs : this.latencyMs + NEWEST * (latencyMs - this.latencyMs);
    if (this.expectedReadMs === undefined) this.#expect();
  }

  /**
   * Probes now, and a second time at once when a member that is up fails; never two probes at a time. Never rejects.
   */
  probe(): Promise<void> {
    this.#probing ??= this.#probeTwice().finally(() => {
      this.#probing = undefined;
      const again = this.#again;
      this.#again = false;
      if (again && this.up) void this.probe();
    });
    return this.#probing;
  }

  /** A caller could not reach it: ask again now, and once more when a probe under way began before that. */
  suspect(error: BackendError): void {
    if (!this.up || this.#closed) return;
    if (isRefusedConnection(error)) this.#goDown(error);
    this.#untilWrite = 0;
    this.#untilSpace = 0;
    if (this.#probing !== undefined) this.#again = true;
    else void this.probe();
  }

  /** As CallHealth.sweep; `others`: the other members. Begins the trials that are due. */
  sweep(stillMs: number, others: readonly WatchedMember[]): void {
    for (const [kind, trial] of TRIALS) {
      const health = this[kind];
      health.sweep(
        stillMs,
        others.map((other) => other[kind].latencyMs),
      );
      if (this.up && !this.#closed) health.tryAgain((call) => trial(this.backend, call));
    }
    this.#expect();
  }

  #expect(): void {
    const expected = expectedReadMs({ probeMs: this.latencyMs, ...this.reads.cost });
    this.expectedReadMs = steady(this.expectedReadMs, expected);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#again = false;
    this.#limit?.abort(new Error("closing"));
    await this.#probing;
    await this.#bare.close();
  }

  #health(operation: "read" | "write", faults: readonly BackendFault[]): CallHealth {
    const { now, log } = this.#options;
    const backend = this.#bare.name;
    const onChange = (failure: BackendError | undefined) => {
      if (failure === undefined) log.info({ backend, operation }, `${operation}s succeed on the backend again`);
      else log.warn({ backend, operation, err: failure }, `${operation}s fail on the backend: others are preferred`);
    };
    return new CallHealth({ backend, faults, now, elapsed: () => performance.now(), random: Math.random, onChange });
  }

  async #probeTwice(): Promise<void> {
    const { identity } = this;
    if (identity === undefined || this.state === "removed") return;
    const began = performance.now();
    let failure = await this.#probeOnce(identity);
    if (failure !== undefined && this.up && !this.#closed) failure = await this.#probeOnce(identity);
    if (this.#closed || identity !== this.identity) return;
    if (failure === undefined) {
      await this.#probeWrite();
      await this.#measureSpace();
      if (!this.#closed && identity === this.identity) this.#comeUp();
    } else if (failure.fault !== "unavailable" || !this.reads.succeededSince(began)) this.#fail(failure);
  }

  /** The failure, if it failed: a probe's outcome is a measurement, not an error of this process. */
  async #probeOnce(identity: string): Promise<BackendError | undefined> {
    const started = performance.now();
    const failure = await this.#ask("probe", (signal) => this.#bare.probe(signal, identity));
    if (failure === undefined) this.measured(performance.now() - started);
    return failure;
  }

  async #probeWrite(): Promise<void> {
    if (this.up && this.#untilWrite-- > 0) return;
    const began = performance.now();
    const ask = () => this.#ask("write", (signal) => this.#bare.probeWrite(signal));
    let failure = await ask();
    // Late, and not refused: as for probes, once is not enough, nor is twice while writes succeed.
    if (this.writable && failure?.fault === "unavailable" && !this.#closed) failure = await ask();
    if (this.writable && failure?.fault === "unavailable" && this.writes.succeededSince(began)) failure = undefined;
    this.#untilWrite = failure?.fault === "unavailable" ? 0 : WRITE_EVERY - 1;
    const writable = failure === undefined;
    if (writable !== this.writable && !this.#closed) {
      const facts = { backend: this.#bare.name, err: failure };
      if (writable) this.#options.log.info(facts, "backend takes writes again");
      else this.#options.log.warn(facts, "backend takes no writes");
    }
    this.writable = writable;
  }

  async #measureSpace(): Promise<void> {
    if (this.up && this.#untilSpace-- > 0) return;
    this.#untilSpace = SPACE_EVERY - 1;
    // One that cannot tell now keeps what it said, less what has been written since.
    await this.#ask("look at its space", async () => this.#space.told(await this.#bare.space?.()));
  }

  /** One that hangs is not asked again, only waited for once more: each such call may hold a thread. */
  async #ask(kind: string, call: (signal: AbortSignal) => Promise<void>): Promise<BackendError | undefined> {
    const { name } = this.#bare;
    const limit = new AbortController();
    this.#limit = limit;
    try {
      const asked = this.#hung.get(kind) ?? this.#start(kind, () => call(limit.signal));
      await withinTime(asked, limit, this.#options.probeTimeoutMs, `no answer to a ${kind}`);
      return undefined;
    } catch (error) {
      // A call that heeds its signal ends now.
      await setImmediate();
      return asBackendError(error, name);
    }
  }

  #start(kind: string, call: () => Promise<void>): Promise<void> {
    // Async: a call that throws before it returns its promise is a failure like others.
    const asked = (async () => call())().finally(() => this.#hung.delete(kind));
    this.#hung.set(kind, asked);
    return asked;
  }

  #fail(failure: BackendError): void {
    const isLost = failure.fault === "absent" || failure.fault === "corrupt";
    if (isLost && this.#lostSince === undefined) {
      this.#lostSince = this.#options.now();
      this.#options.log.error(
        { backend: this.#bare.name, err: failure },
        "backend is lost: another store, or an empty one, stands in its place. Nothing is read or written there. " +
          `Bring the right one back, or give the new one its place: nearbucket backends replace ${this.#bare.name}`,
      );
    }
    if (this.up) this.#goDown(failure);
    // The reason may be another by now: it was away, and comes back empty.
    else this.#uptime.end(this.#bare.name, failure);
  }

  #goDown(reason: BackendError): void {
    this.#options.log.warn({ backend: this.#bare.name, err: reason }, "backend is down");
    this.#uptime.end(this.#bare.name, reason);
  }

  #comeUp(): void {
    this.#seenAt = this.#options.now();
    this.#lostSince = undefined;
    if (this.up) return;
    this.#uptime = new Uptime();
    this.reads.cameBack();
    this.writes.cameBack();
    this.#options.log.info({ backend: this.#bare.name }, "backend is up");
  }
}
