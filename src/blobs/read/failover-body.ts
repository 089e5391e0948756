/**
 * A blob's bytes as one stream. When the backend fails, the next replica goes on at the same byte. The stream never
 * ends early without an error and never gives a byte more than asked for.
 */
import { Readable } from "node:stream";
import { BackendError, onlyBackendError } from "../../backends/backend.ts";
import type { OpenReplica, ReplicaSource } from "./replica-source.ts";

export class FailoverBody extends Readable {
  readonly #source: ReplicaSource;
  readonly #end: number;
  readonly #started: Promise<void>;
  #resolveStarted: () => void = () => undefined;
  #rejectStarted: (error: Error) => void = () => undefined;
  #next: number;
  #current: Readable | undefined;
  #detach: () => void = () => undefined;

  /** `first` and `end` (exclusive): where in the blob the bytes stand. `replica` is open at `first`. */
  constructor(source: ReplicaSource, replica: OpenReplica, first: number, end: number) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#next = first;
    this.#end = end;
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
      this.#next += chunk.length;
      if (this.#next > this.#end) {
        this.#next -= chunk.length;
        fail(new BackendError(name, "corrupt", { detail: "more bytes than asked for" }));
        return;
      }
      this.#resolveStarted();
      if (!this.push(chunk)) body.pause();
    };
    const onEnd = () => {
      if (this.#next < this.#end) {
        fail(new BackendError(name, "corrupt", { detail: `ended ${this.#end - this.#next} bytes early` }));
        return;
      }
      this.#detach();
      this.push(null);
    };
    const onError = (error: unknown) => fail(onlyBackendError(error));
    const fail = (failure: BackendError) => {
      if (this.#current !== body) return;
      this.#detach();
      this.#moveOn(failure).catch((error: unknown) =>
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

  async #moveOn(failure: BackendError): Promise<void> {
    await this.#source.fail(failure);
    if (this.destroyed) return;
    const replica = await this.#source.openNext({ first: this.#next, last: this.#end - 1 });
    if (this.destroyed) replica.opened.body.destroy();
    else this.#attach(replica);
  }
}
