/**
 * The file calls of one disk. Few run at once: each that hangs holds a thread of the pool that the database, dns and
 * other disks use too. None is waited for without end: a disk that makes no progress is unavailable.
 */
import { BackendError } from "../backend.ts";

/** Of the 16 threads of libuv's pool (src/start.cts). */
const AT_ONCE = 6;

interface Waiting {
  start(): void;
  fail(error: BackendError): void;
}

export class FileCalls {
  readonly #backend: string;
  readonly #stallMs: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** How many of those running were given up. */
  #hanging = 0;

  /** `stallMs`: a call that takes longer is given up. */
  constructor(backend: string, stallMs: number) {
    this.#backend = backend;
    this.#stallMs = stallMs;
  }

  /**
   * Settles as `call` does. Rejects with unavailable when it takes too long, or when so many hang that none can start;
   * `late` is given what came after that. `call` makes no further call of this disk: it holds one of its few places.
   */
  run<T>(call: () => Promise<T>, late: (result: T) => void = () => undefined): Promise<T> {
    if (this.#running < AT_ONCE) return this.#start(call, late);
    if (this.#hanging === AT_ONCE) return Promise.reject(this.#stalled());
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        start: () => this.#start(call, late).then(resolve, reject),
        fail: reject,
      });
    });
  }

  /** Throws unavailable while so many calls hang that none can start. */
  check(): void {
    if (this.#hanging === AT_ONCE) throw this.#stalled();
  }

  #start<T>(call: () => Promise<T>, late: (result: T) => void): Promise<T> {
    this.#running++;
    return new Promise((resolve, reject) => {
      let isGivenUp = false;
      const giveUp = () => {
        isGivenUp = true;
        this.#hanging++;
        reject(this.#stalled());
        if (this.#hanging === AT_ONCE) for (const { fail } of this.#waiting.splice(0)) fail(this.#stalled());
      };
      const timer = setTimeout(giveUp, this.#stallMs).unref();
      const end = () => {
        if (isGivenUp) this.#hanging--;
        else clearTimeout(timer);
        this.#running--;
        this.#waiting.shift()?.start();
      };
      call().then(
        (result) => {
          end();
          if (isGivenUp) late(result);
          else resolve(result);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  #stalled(): BackendError {
    return new BackendError(this.#backend, "unavailable", { detail: `no progress for ${this.#stallMs} ms` });
  }
}
