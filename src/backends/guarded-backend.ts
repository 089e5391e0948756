/**
 * A backend as everybody but the fleet sees it: every call gives up at once when the backend goes down, and whatever an
 * adapter or a body throws is a BackendError. Callers wrap nothing. What comes after the end is cleaned up here. How
 * calls that move bytes fare is told to the health of their kind.
 */
import type { Readable } from "node:stream";
import type { ByteRange } from "../model.ts";
import {
  asBackendError,
  type Backend,
  BackendError,
  type BackendStat,
  type BackendTraits,
  type ListedBlob,
  type OpenedBlob,
  type ReadBytes,
  type SignedUrlOptions,
} from "./backend.ts";
import type { CallHealth } from "./call-health.ts";
import { GuardedSink } from "./guarded-sink.ts";
import type { StopSignal } from "./stop-signal.ts";
import type { Uptime } from "./uptime.ts";
import { standsStill, type WatchedCall, watchBody } from "./watched-call.ts";

type Parts = Parameters<Backend["completeUpload"]>[2];

export interface GuardedCalls {
  readonly reads: CallHealth;
  readonly writes: CallHealth;
}

export interface OpenOptions {
  /** Is told how the read fares; default: one that counts. */
  readonly call?: WatchedCall;
  /** Asked when the read stands still: it fails at once if so. Default: it waits for the store's own time-out. */
  readonly mayGiveUp?: () => boolean;
}

interface CallOptions<T> {
  readonly call?: WatchedCall | undefined;
  readonly mayGiveUp?: (() => boolean) | undefined;
  /** A call that its caller gave up is no failure. */
  readonly signal?: StopSignal | undefined;
  readonly late?: (result: T) => void;
  readonly uptime?: Uptime;
}

/** The calls mean what they mean in the Backend interface. */
export class GuardedBackend {
  readonly #backend: Backend;
  readonly #uptime: () => Uptime;
  readonly #reads: CallHealth;
  readonly #writes: CallHealth;

  /** `uptime`: the stretch that work which begins now belongs to. */
  constructor(backend: Backend, uptime: () => Uptime, { reads, writes }: GuardedCalls) {
    this.#backend = backend;
    this.#uptime = uptime;
    this.#reads = reads;
    this.#writes = writes;
  }

  get name(): string {
    return this.#backend.name;
  }

  get region(): string {
    return this.#backend.region;
  }

  get capacity(): number {
    return this.#backend.capacity;
  }

  get sizeBytes(): number | undefined {
    return this.#backend.sizeBytes;
  }

  get traits(): BackendTraits {
    return this.#backend.traits;
  }

  /** `onFailure` hears of the write's first failure, also when nobody waits for the write at that moment. */
  write(
    key: string,
    size: number,
    onFailure: (failure: BackendError) => void = () => undefined,
    call: WatchedCall = this.#writes.begin({ key, size }),
  ): GuardedSink {
    return new GuardedSink(this.name, this.#uptime(), call, () => this.#backend.write(key, size), onFailure);
  }

  writePart(
    key: string,
    uploadId: string,
    partNumber: number,
    size: number,
    onFailure: (failure: BackendError) => void = () => undefined,
  ): GuardedSink {
    const open = () => this.#backend.writePart(key, uploadId, partNumber, size);
    return new GuardedSink(this.name, this.#uptime(), this.#writes.begin({ key, size }), open, onFailure);
  }

  /**
   * The body errors with a BackendError whenever it closes before its end. It never brings the process down: an error
   * that nobody listens to is dropped.
   */
  open(key: string, range?: ByteRange, signal?: StopSignal, options: OpenOptions = {}): Promise<OpenedBlob> {
    const { call = this.#reads.begin({ key, size: lengthOf(range) }), mayGiveUp = never } = options;
    const uptime = this.#uptime();
    call.asks();
    if (uptime.failure !== undefined) {
      call.givenUp();
      return Promise.reject(uptime.failure);
    }
    return new Promise((resolve, reject) => {
      let body: Readable | undefined;
      let isOver = false;
      const watcher = {
        wentDown(failure: BackendError) {
          isOver = true;
          call.givenUp();
          reject(failure);
          body?.destroy(failure);
        },
      };
      uptime.watch(watcher);
      call.onStill = () => {
        if (!mayGiveUp()) return;
        uptime.unwatch(watcher);
        watcher.wentDown(standsStill(this.name));
      };
      const fail = (error: unknown) => {
        uptime.unwatch(watcher);
        const failure = asBackendError(error, this.name);
        if (signal?.aborted) call.givenUp();
        else call.failed(failure);
        reject(failure);
      };
      attempt(() => this.#backend.open(key, range, signal)).then((opened) => {
        body = opened.body;
        call.answered();
        if (range === undefined) call.size = opened.size;
        watchBody(body, call);
        guardBody(body, this.name, (error) => {
          uptime.unwatch(watcher);
          if (error === undefined && body?.readableEnded) call.succeeded();
          else if (error instanceof BackendError && !signal?.aborted) call.failed(error);
          else call.givenUp();
        });
        if (isOver) body.destroy();
        else resolve(opened);
      }, fail);
    });
  }

  /** `mayGiveUp`: as for `open`. */
  read(
    key: string,
    length: number,
    range?: ByteRange,
    signal?: StopSignal,
    mayGiveUp?: () => boolean,
  ): Promise<ReadBytes> {
    const call = this.#reads.begin({ key, size: length });
    call.asks();
    return this.#call(() => this.#backend.read(key, length, range, signal), { call, signal, mayGiveUp });
  }

  stat(key: string): Promise<BackendStat> {
    return this.#call(() => this.#backend.stat(key));
  }

  delete(key: string): Promise<void> {
    return this.#call(() => this.#backend.delete(key));
  }

  createUpload(key: string): Promise<string> {
    return this.#call(
      () => this.#backend.createUpload(key),
      // Nobody will ever use it. What cannot be aborted now goes when the key does.
      { late: (uploadId) => void this.#backend.abortUpload(key, uploadId).catch(() => undefined) },
    );
  }

  completeUpload(key: string, uploadId: string, parts: Parts): Promise<{ readonly etag: string }> {
    return this.#call(() => this.#backend.completeUpload(key, uploadId, parts));
  }

  abortUpload(key: string, uploadId?: string): Promise<void> {
    return this.#call(() => this.#backend.abortUpload(key, uploadId));
  }

  async *list(prefix: string, after?: string): AsyncGenerator<ListedBlob> {
    const uptime = this.#uptime();
    const begin = async () => this.#backend.list(prefix, after)[Symbol.asyncIterator]();
    const listing = await this.#call(begin, { uptime });
    for (;;) {
      const next = await this.#call(() => listing.next(), { uptime });
      if (next.done === true) return;
      yield next.value;
    }
  }

  signedUrl(key: string, options: SignedUrlOptions): string | undefined {
    return this.#backend.signedUrl(key, options);
  }

  /** `late` is given a result that came after the backend went down; `call` is told how it went. */
  #call<T>(work: () => Promise<T>, options: CallOptions<T> = {}): Promise<T> {
    const { call, late, signal, mayGiveUp = never, uptime = this.#uptime() } = options;
    if (uptime.failure !== undefined) {
      call?.givenUp();
      return Promise.reject(uptime.failure);
    }
    return new Promise((resolve, reject) => {
      const watcher = {
        wentDown(failure: BackendError) {
          call?.givenUp();
          reject(failure);
        },
      };
      uptime.watch(watcher);
      if (call !== undefined)
        call.onStill = () => {
          if (mayGiveUp()) watcher.wentDown(standsStill(this.name));
        };
      attempt(work).then(
        (result) => {
          uptime.unwatch(watcher);
          call?.answered();
          call?.succeeded();
          if (uptime.failure !== undefined) late?.(result);
          resolve(result);
        },
        (error: unknown) => {
          uptime.unwatch(watcher);
          const failure = asBackendError(error, this.name);
          if (signal?.aborted) call?.givenUp();
          else call?.failed(failure);
          reject(failure);
        },
      );
    });
  }
}

function never(): boolean {
  return false;
}

function lengthOf(range: ByteRange | undefined): number {
  return range === undefined ? 0 : range.last - range.first + 1;
}

/** Work that throws before it returns its promise rejects too. */
function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** `onEnd` is called once, however the body ends, with what the adapter or the reader destroyed it with. */
function guardBody(body: Readable, backend: string, onEnd: (error: Error | undefined) => void): void {
  const destroy = body._destroy;
  body._destroy = (error, done) => {
    onEnd(error ?? undefined);
    destroy.call(body, error, (failure) => {
      const cause = failure ?? error;
      done(body.readableEnded && !cause ? null : asBackendError(cause ?? new Error("closed before its end"), backend));
    });
  };
  body.on("error", () => undefined);
}
