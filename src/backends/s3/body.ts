/**
 * The body of a GET: exactly the bytes asked for, or an error. Its connection goes back to the pool only after the last
 * of them.
 */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { StopSignal } from "../stop-signal.ts";
import type { S3Transport } from "./transport.ts";

export class S3Body extends Readable {
  readonly #response: IncomingMessage;
  readonly #transport: S3Transport;
  #left: number;
  #waiting = true;
  readonly #stall: NodeJS.Timeout;
  readonly #forget: (() => void) | undefined;

  /** `size`: how many bytes must come. */
  constructor(transport: S3Transport, response: IncomingMessage, size: number, signal: StopSignal | undefined) {
    super({ highWaterMark: 128 * 1024 });
    this.#response = response;
    this.#transport = transport;
    this.#left = size;
    const { responseTimeoutMs } = transport.options;
    this.#stall = setTimeout(() => {
      if (this.#waiting) this.#cut(new Error(`nothing came for ${responseTimeoutMs} ms`));
    }, responseTimeoutMs);
    if (signal !== undefined) {
      const abort = () => this.#cut(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#forget = () => signal.removeEventListener("abort", abort);
      if (signal.aborted) abort();
    }
    response.on("data", (chunk: Buffer) => this.#take(chunk));
    response.once("end", () => {
      clearTimeout(this.#stall);
      if (this.#left === 0) this.push(null);
      else this.#cut(new Error(`${this.#left} bytes short`));
    });
    response.once("error", (error) => this.#cut(error));
    response.once("close", () => {
      if (!response.complete) this.#cut(new Error(`cut ${this.#left} bytes before its end`));
    });
  }

  override _read(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#stall.refresh();
    this.#response.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#stall);
    this.#forget?.();
    if (!this.#response.readableEnded) this.#response.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.destroy(this.#transport.corrupt(`${-this.#left} bytes more than announced`));
      return;
    }
    if (this.push(chunk)) this.#stall.refresh();
    else {
      this.#waiting = false;
      this.#response.pause();
    }
  }

  #cut(cause: unknown): void {
    this.destroy(this.#transport.cut("the body was cut", cause));
  }
}
