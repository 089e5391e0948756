/** One backend under watch: two failed probes in a row take it down, one good probe brings it back. */
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import { asBackendError, type Backend, type BackendError } from "./backend.ts";
import { GuardedBackend } from "./guarded-backend.ts";
import { Uptime } from "./uptime.ts";

/** Weight of the newest measurement in the latency average. */
const NEWEST = 0.2;

/** What fleet.ts shows as a FleetMember. */
export class WatchedMember {
  readonly backend: GuardedBackend;
  readonly region: Region;
  readonly draining: boolean;
  latencyMs: number | undefined;
  readonly #bare: Backend;
  /** A new one after each recovery. */
  #uptime = new Uptime();
  #probing: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #limit: AbortController | undefined;
  readonly #probeTimeoutMs: number;
  readonly #log: Log;

  constructor(
    backend: Backend,
    region: Region,
    options: { readonly draining: boolean; readonly probeTimeoutMs: number; readonly log: Log },
  ) {
    this.#bare = backend;
    this.backend = new GuardedBackend(backend, () => this.#uptime);
    this.region = region;
    this.draining = options.draining;
    this.#probeTimeoutMs = options.probeTimeoutMs;
    this.#log = options.log;
  }

  get up(): boolean {
    return this.#uptime.failure === undefined;
  }

  measured(latencyMs: number): void {
    this.latencyMs = this.latencyMs === undefined ? latencyMs : this.latencyMs + NEWEST * (latencyMs - this.latencyMs);
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
    if (this.#probing !== undefined) this.#again = true;
    else void this.probe();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#again = false;
    this.#limit?.abort(new Error("closing"));
    await this.#probing;
    await this.#bare.close();
  }

  async #probeTwice(): Promise<void> {
    let failure = await this.#probeOnce();
    if (failure !== undefined && this.up && !this.#closed) failure = await this.#probeOnce();
    if (this.#closed) return;
    if (failure === undefined) this.#comeUp();
    else if (this.up) this.#goDown(failure);
  }

  /** The failure, if it failed: a probe's outcome is a measurement, not an error of this process. */
  async #probeOnce(): Promise<BackendError | undefined> {
    const limit = new AbortController();
    this.#limit = limit;
    const timer = setTimeout(
      () => limit.abort(new Error(`no answer to a probe within ${this.#probeTimeoutMs} ms`)),
      this.#probeTimeoutMs,
    ).unref();
    const started = performance.now();
    try {
      await Promise.race([this.#bare.probe(limit.signal), rejectionOf(limit.signal)]);
      this.measured(performance.now() - started);
      return undefined;
    } catch (error) {
      return asBackendError(error, this.#bare.name);
    } finally {
      clearTimeout(timer);
    }
  }

  #goDown(reason: BackendError): void {
    this.#log.warn({ backend: this.#bare.name, err: reason }, "backend is down");
    this.#uptime.end(this.#bare.name, reason);
  }

  #comeUp(): void {
    if (this.up) return;
    this.#uptime = new Uptime();
    this.#log.info({ backend: this.#bare.name }, "backend is up");
  }
}

/** Rejects when the signal aborts: a probe that ignores its signal must not hold the watch up. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

const CONNECTION_REFUSED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

/** Nobody listens there: no probe needed to know. */
function isRefusedConnection(error: Error): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string" && CONNECTION_REFUSED.has(cause.code)) return true;
  return false;
}
