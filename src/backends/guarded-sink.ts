/**
 * A write under way that never throws and never hangs. Its first failure ends it and is remembered; that its backend
 * goes down is a failure too, and whoever waits goes on at once.
 */
import { asBackendError, BackendError, type Sink } from "./backend.ts";
import type { Uptime } from "./uptime.ts";

export class GuardedSink {
  readonly #backend: string;
  readonly #uptime: Uptime;
  readonly #onFailure: (failure: BackendError) => void;
  #sink: Sink | undefined;
  #goOn: () => void = () => undefined;
  #failure: BackendError | undefined;
  #etag: string | undefined;

  /** `onFailure` is called once, with the first failure; never before this returns. */
  constructor(backend: string, uptime: Uptime, open: () => Sink, onFailure: (failure: BackendError) => void) {
    this.#backend = backend;
    this.#uptime = uptime;
    this.#onFailure = onFailure;
    try {
      if (uptime.failure !== undefined) throw uptime.failure;
      this.#sink = open();
      uptime.watch(this);
    } catch (error) {
      const failure = asBackendError(error, backend);
      this.#failure = failure;
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
    try {
      ready = this.#sink?.write(chunk);
    } catch (error) {
      this.#fail(asBackendError(error, this.#backend));
    }
    if (ready === undefined) return undefined;
    return new Promise((resolve) => {
      this.#goOn = resolve;
      ready.then(resolve, (error: unknown) => this.#fail(asBackendError(error, this.#backend)));
    });
  }

  /** True when the store holds the bytes and says `etag`; undefined: any ETag will do. */
  finish(etag: string | undefined): Promise<boolean> {
    const sink = this.#sink;
    if (this.#failure !== undefined || sink === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#goOn = () => resolve(false);
      sink.finish().then(
        (answer) => {
          this.#etag = answer.etag;
          if (etag !== undefined && answer.etag !== etag)
            this.#fail(new BackendError(this.#backend, "corrupt", { detail: `ETag ${answer.etag}, expected ${etag}` }));
          this.#uptime.unwatch(this);
          resolve(this.#failure === undefined);
        },
        (error: unknown) => this.#fail(asBackendError(error, this.#backend)),
      );
    });
  }

  /** Gives the write up without calling it a failure of the backend. */
  abort(): void {
    this.#uptime.unwatch(this);
    this.#sink?.abort();
    this.#goOn();
  }

  /** What seems to be stored was found to be something else. */
  disprove(failure: BackendError): void {
    this.#fail(failure);
  }

  /** Only for the backend's Uptime to call. */
  wentDown(failure: BackendError): void {
    this.#fail(failure);
  }

  #fail(failure: BackendError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#uptime.unwatch(this);
    this.#sink?.abort();
    this.#goOn();
    this.#onFailure(failure);
  }
}
