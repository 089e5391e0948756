/**
 * A write under way that never throws and never hangs. Its first failure ends it and is remembered; that its backend
 * goes down is a failure too, and whoever waits goes on at once.
 */
import { asBackendError, BackendError, type Sink } from "./backend.ts";
import type { Uptime } from "./uptime.ts";
import { standsStill, type WatchedCall } from "./watched-call.ts";

export class GuardedSink {
  readonly #backend: string;
  readonly #uptime: Uptime;
  readonly #call: WatchedCall;
  readonly #onFailure: (failure: BackendError) => void;
  #sink: Sink | undefined;
  #goOn: () => void = () => undefined;
  #failure: BackendError | undefined;
  #etag: string | undefined;

  /**
   * `onFailure` is called once, with the first failure; never before this returns. `call` is told how the write fares.
   */
  constructor(
    backend: string,
    uptime: Uptime,
    call: WatchedCall,
    open: () => Sink,
    onFailure: (failure: BackendError) => void,
  ) {
    this.#backend = backend;
    this.#uptime = uptime;
    this.#call = call;
    this.#onFailure = onFailure;
    try {
      if (uptime.failure !== undefined) throw uptime.failure;
      this.#sink = open();
      uptime.watch(this);
    } catch (error) {
      const failure = asBackendError(error, backend);
      this.#failure = failure;
      if (uptime.failure === undefined) call.failed(failure);
      else call.givenUp();
      queueMicrotask(() => onFailure(failure));
    }
  }

  get failure(): BackendError | undefined {
    return this.#failure;
  }

  /** What the store answered when it had all. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Resolves, or returns undefined, when the next chunk may come: also when this write has failed. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    let ready: Promise<void> | undefined;
    this.#call.sends(chunk.length);
    try {
      ready = this.#sink?.write(chunk);
    } catch (error) {
      this.#fail(asBackendError(error, this.#backend));
    }
    if (ready === undefined) return undefined;
    this.#call.waits();
    return new Promise((resolve) => {
      this.#goOn = resolve;
      ready.then(
        () => {
          this.#call.rests();
          resolve();
        },
        (error: unknown) => this.#fail(asBackendError(error, this.#backend)),
      );
    });
  }

  /** True when the store holds the bytes and says `etag`; undefined: any ETag will do. */
  finish(etag: string | undefined): Promise<boolean> {
    const sink = this.#sink;
    if (this.#failure !== undefined || sink === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#goOn = () => resolve(false);
      this.#call.asks();
      sink.finish().then(
        (answer) => {
          this.#call.answered();
          this.#etag = answer.etag;
          if (etag !== undefined && answer.etag !== etag)
            this.#fail(new BackendError(this.#backend, "corrupt", { detail: `ETag ${answer.etag}, expected ${etag}` }));
          this.#uptime.unwatch(this);
          this.#call.succeeded();
          resolve(this.#failure === undefined);
        },
        (error: unknown) => this.#fail(asBackendError(error, this.#backend)),
      );
    });
  }

  /** Whether it may fail as soon as it stands still; else it waits for the store's own time-out. */
  giveUpWhenStill(mayGiveUp: () => boolean): void {
    this.#call.onStill = () => {
      if (mayGiveUp()) this.#fail(standsStill(this.#backend));
    };
  }

  /** Gives the write up without calling it a failure of the backend. */
  abort(): void {
    this.#uptime.unwatch(this);
    this.#call.givenUp();
    this.#sink?.abort();
    this.#goOn();
  }

  /** What seems to be stored was found to be something else. */
  disprove(failure: BackendError): void {
    this.#fail(failure);
  }

  /** Only for the backend's Uptime to call. */
  wentDown(failure: BackendError): void {
    this.#call.givenUp();
    this.#fail(failure);
  }

  #fail(failure: BackendError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#uptime.unwatch(this);
    this.#call.failed(failure);
    this.#sink?.abort();
    this.#goOn();
    this.#onFailure(failure);
  }
}
