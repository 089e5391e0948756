/**
 * A backend as everybody but the fleet sees it: every call gives up at once when the backend goes down, and whatever an
 * adapter or a body throws is a BackendError. Callers wrap nothing. What comes after the end is cleaned up here.
 */
import type { Readable } from "node:stream";
import type { ByteRange } from "../model.ts";
import {
  asBackendError,
  type Backend,
  type BackendError,
  type BackendStat,
  type BackendTraits,
  type ListedBlob,
  type OpenedBlob,
  type ReadBytes,
  type SignedUrlOptions,
} from "./backend.ts";
import { GuardedSink } from "./guarded-sink.ts";
import type { Uptime } from "./uptime.ts";

type Parts = Parameters<Backend["completeUpload"]>[2];

/** The calls mean what they mean in the Backend interface. */
export class GuardedBackend {
  readonly #backend: Backend;
  readonly #uptime: () => Uptime;

  /** `uptime`: the stretch that work which begins now belongs to. */
  constructor(backend: Backend, uptime: () => Uptime) {
    this.#backend = backend;
    this.#uptime = uptime;
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

  get traits(): BackendTraits {
    return this.#backend.traits;
  }

  /** `onFailure` hears of the write's first failure, also when nobody waits for the write at that moment. */
  write(key: string, size: number, onFailure: (failure: BackendError) => void = () => undefined): GuardedSink {
    return new GuardedSink(this.name, this.#uptime(), () => this.#backend.write(key, size), onFailure);
  }

  writePart(
    key: string,
    uploadId: string,
    partNumber: number,
    size: number,
    onFailure: (failure: BackendError) => void = () => undefined,
  ): GuardedSink {
    const open = () => this.#backend.writePart(key, uploadId, partNumber, size);
    return new GuardedSink(this.name, this.#uptime(), open, onFailure);
  }

  /**
   * The body errors with a BackendError whenever it closes before its end. It never brings the process down: an error
   * that nobody listens to is dropped.
   */
  open(key: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedBlob> {
    const uptime = this.#uptime();
    if (uptime.failure !== undefined) return Promise.reject(uptime.failure);
    return new Promise((resolve, reject) => {
      let body: Readable | undefined;
      let isOver = false;
      const watcher = {
        wentDown(failure: BackendError) {
          isOver = true;
          reject(failure);
          body?.destroy(failure);
        },
      };
      uptime.watch(watcher);
      const fail = (error: unknown) => {
        uptime.unwatch(watcher);
        reject(asBackendError(error, this.name));
      };
      attempt(() => this.#backend.open(key, range, signal)).then((opened) => {
        body = opened.body;
        guardBody(body, this.name, () => uptime.unwatch(watcher));
        if (isOver) body.destroy();
        else resolve(opened);
      }, fail);
    });
  }

  read(key: string, length: number, range?: ByteRange): Promise<ReadBytes> {
    return this.#call(() => this.#backend.read(key, length, range));
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
      (uploadId) => void this.#backend.abortUpload(key, uploadId).catch(() => undefined),
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
    const listing = await this.#call(begin, undefined, uptime);
    for (;;) {
      const next = await this.#call(() => listing.next(), undefined, uptime);
      if (next.done === true) return;
      yield next.value;
    }
  }

  signedUrl(key: string, options: SignedUrlOptions): string | undefined {
    return this.#backend.signedUrl(key, options);
  }

  /** `late` is given a result that came after the backend went down. */
  #call<T>(work: () => Promise<T>, late?: (result: T) => void, uptime = this.#uptime()): Promise<T> {
    if (uptime.failure !== undefined) return Promise.reject(uptime.failure);
    return new Promise((resolve, reject) => {
      const watcher = { wentDown: reject };
      uptime.watch(watcher);
      attempt(work).then(
        (result) => {
          uptime.unwatch(watcher);
          if (uptime.failure !== undefined) late?.(result);
          resolve(result);
        },
        (error: unknown) => {
          uptime.unwatch(watcher);
          reject(asBackendError(error, this.name));
        },
      );
    });
  }
}

/** Work that throws before it returns its promise rejects too. */
function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Watches how a body ends, not its chunks: they pass untouched. `onEnd` is called once, however it ends. */
function guardBody(body: Readable, backend: string, onEnd: () => void): void {
  const destroy = body._destroy;
  body._destroy = (error, done) => {
    onEnd();
    destroy.call(body, error, (failure) => {
      const cause = failure ?? error;
      done(body.readableEnded && !cause ? null : asBackendError(cause ?? new Error("closed before its end"), backend));
    });
  };
  body.on("error", () => undefined);
}
