/**
 * A blob's bytes as one stream. When the backend fails, the next replica goes on at the same byte. The stream never
 * ends early without an error and never gives a byte more than asked for. A whole blob is hashed as it passes, and its
 * last chunk comes only when the hash fits: a reader that gets to the end has the blob.
 */
import { Readable } from "node:stream";
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { BytesCheck } from "./bytes-check.ts";
import type { OpenReplica, ReplicaSource } from "./replica-source.ts";

/** Where in the blob the bytes stand. */
export interface Stretch {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** For a whole blob; of a range alone nothing is known to compare with. */
  readonly check: BytesCheck | undefined;
}

export class FailoverBody extends Readable {
  readonly #source: ReplicaSource;
  readonly #end: number;
  readonly #check: BytesCheck | undefined;
  readonly #started: Promise<void>;
  #resolveStarted: () => void = () => undefined;
  #rejectStarted: (error: Error) => void = () => undefined;
  #next: number;
  #current: Readable | undefined;
  #detach: () => void = () => undefined;
  /** The backends that gave the bytes so far. */
  readonly #givers = new Set<string>();
  /** All bytes were there once and were not the blob. */
  #mismatch: BackendError | undefined;

  /** `replica` is open at the first byte of `stretch`. */
  constructor(source: ReplicaSource, replica: OpenReplica, stretch: Stretch) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#next = stretch.first;
    this.#end = stretch.end;
    this.#check = stretch.check;
    this.#started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    this.#started.catch(() => undefined);
    // It may fail before it is read. The reader listens for errors too.
    this.on("error", () => undefined);
    this.#attach(replica);
  }

  /** Resolves when the first byte is there; rejects with what destroyed the stream before. */
  started(): Promise<void> {
    return this.#started;
  }

  override _read(): void {
    this.#current?.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detach();
    this.#rejectStarted(error ?? new Error("destroyed before the first byte"));
    callback(error);
  }

  #attach({ member, opened }: OpenReplica): void {
    const { body } = opened;
    const name = member.backend.name;
    const onData = (chunk: Buffer) => {
      const next = this.#next + chunk.length;
      if (next > this.#end) return fail(new BackendError(name, "corrupt", { detail: "more bytes than asked for" }));
      if (next === this.#end && !this.#endsWell(chunk)) return leave(this.#moveOnFromMismatch(name));
      this.#check?.add(chunk);
      this.#givers.add(name);
      this.#next = next;
      this.#resolveStarted();
      if (!this.push(chunk)) body.pause();
    };
    const onEnd = () => {
      if (this.#next < this.#end)
        return fail(new BackendError(name, "corrupt", { detail: `ended ${this.#end - this.#next} bytes early` }));
      this.#detach();
      this.push(null);
    };
    const onError = (error: unknown) => fail(onlyBackendError(error));
    const fail = (failure: BackendError) => {
      if (this.#current !== body) return;
      // Nothing is missing any more.
      if (this.#next === this.#end) onEnd();
      else leave(this.#moveOn(failure));
    };
    const leave = (moving: Promise<void>) => {
      this.#detach();
      moving.catch((error: unknown) =>
        this.destroy(error instanceof Error ? error : new Error("no replica is left", { cause: error })),
      );
    };
    this.#detach = () => {
      this.#current = undefined;
      this.#detach = () => undefined;
      body.off("data", onData).off("end", onEnd).off("error", onError);
      body.destroy();
    };
    this.#current = body;
    body.on("error", onError).on("end", onEnd).on("data", onData);
  }

  /** Are the bytes so far and this last chunk the blob? */
  #endsWell(last: Buffer): boolean {
    const check = this.#check?.fork();
    check?.add(last);
    return check?.fits() ?? true;
  }

  async #moveOn(failure: BackendError): Promise<void> {
    await this.#source.fail(failure, this.#next);
    await this.#goOn();
  }

  /**
   * When the wrong byte is in the last chunk, another replica's last chunk matches and the reader notices nothing. A
   * wrong byte that was sent before cannot be taken back.
   */
  async #moveOnFromMismatch(backend: string): Promise<void> {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    this.#mismatch = new BackendError(backend, "corrupt", { detail: "its bytes are not the blob" });
    const givers = this.#givers.add(backend);
    if (givers.size === 1) await this.#source.fail(this.#mismatch);
    else this.#source.inspect(givers);
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    if (this.destroyed) return;
    const replica = await this.#source.openNext({ first: this.#next, last: this.#end - 1 });
    if (this.destroyed) replica.opened.body.destroy();
    else this.#attach(replica);
  }
}
