/** One backend under watch: two failed probes in a row take it down, one good probe brings it back. */
import { setMaxListeners } from "node:events";
import type { Log } from "../log.ts";
import type { Region } from "../model.ts";
import { type Backend, BackendError } from "./backend.ts";

/** Weight of the newest measurement in the latency average. */
const NEWEST = 0.2;

/** What fleet.ts shows as a FleetMember. */
export class WatchedMember {
  readonly backend: Backend;
  readonly region: Region;
  readonly draining: boolean;
  up = true;
  latencyMs: number | undefined;
  #whileUp = unlimitedListeners();
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
    this.backend = backend;
    this.region = region;
    this.draining = options.draining;
    this.#probeTimeoutMs = options.probeTimeoutMs;
    this.#log = options.log;
  }

  get whileUp(): AbortSignal {
    return this.#whileUp.signal;
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
    await this.backend.close();
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
      await Promise.race([this.backend.probe(limit.signal), rejectionOf(limit.signal)]);
      this.measured(performance.now() - started);
      return undefined;
    } catch (error) {
      return error instanceof BackendError
        ? error
        : new BackendError(this.backend.name, "unavailable", { cause: error, detail: "probe" });
    } finally {
      clearTimeout(timer);
    }
  }

  #goDown(reason: BackendError): void {
    this.up = false;
    this.#log.warn({ backend: this.backend.name, err: reason }, "backend is down");
    this.#whileUp.abort(reason);
  }

  #comeUp(): void {
    if (this.up) return;
    this.#whileUp = unlimitedListeners();
    this.up = true;
    this.#log.info({ backend: this.backend.name }, "backend is up");
  }
}

/** Every request under way listens to it: no number of them is a leak. */
function unlimitedListeners(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
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
