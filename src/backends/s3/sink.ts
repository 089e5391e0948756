/**
 * A PUT under way. The last bytes are held back until `finish`: a store makes visible what it has received whole, so a
 * write given up before must never have been sent whole. Small bodies are held entirely and can be sent again on a
 * fresh connection.
 */
import type { IncomingMessage } from "node:http";
import { BackendError, type Sink } from "../backend.ts";
import { bareEtag, parseErrorDocument } from "./faults.ts";
import type { Attempt, S3Call, S3Transport } from "./transport.ts";

/** Up to this size the whole body waits for `finish`. */
const HELD = 256 * 1024;

type Outcome = { readonly etag: string } | BackendError;

export class S3Sink implements Sink {
  readonly #transport: S3Transport;
  readonly #call: S3Call;
  readonly #size: number;
  #held: Buffer[] = [];
  #received = 0;
  #attempt: Attempt | undefined;
  #outcome: Promise<Outcome> | undefined;
  #failed: BackendError | undefined;
  #ending = false;
  #finished = false;
  #drain: ReturnType<typeof deferred> | undefined;

  /** `path` and `query` encoded, as an S3Call has them. `condition`: headers as an S3Call has them. */
  constructor(
    transport: S3Transport,
    target: { readonly path: string; readonly query: string },
    size: number,
    condition: readonly string[] = [],
  ) {
    this.#transport = transport;
    this.#size = size;
    this.#call = { method: "PUT", ...target, headers: ["Content-Length", String(size), ...condition] };
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    if (chunk.length === 0) return undefined;
    this.#received += chunk.length;
    if (this.#size <= HELD || this.#received >= this.#size) {
      this.#held.push(chunk);
      return undefined;
    }
    const { request } = this.#attempt ?? this.#start(false);
    if (request.write(chunk)) return undefined;
    return this.#drained();
  }

  async finish(): Promise<{ readonly etag: string }> {
    if (this.#failed === undefined && this.#received !== this.#size) {
      const { backend } = this.#transport.options;
      this.#fail(new BackendError(backend, "refused", { detail: `${this.#received} of ${this.#size} bytes` }));
    }
    if (this.#failed !== undefined) throw this.#failed;
    const attempt = this.#attempt ?? this.#start(false);
    this.#end(attempt);
    const { responseTimeoutMs } = this.#transport.options;
    const timer = setTimeout(
      () => this.#attempt?.request.destroy(new Error(`no answer within ${responseTimeoutMs} ms`)),
      responseTimeoutMs,
    );
    try {
      const outcome = await this.#outcome;
      if (outcome instanceof BackendError) throw outcome;
      if (this.#failed !== undefined || outcome === undefined) throw this.#failed ?? this.#givenUp();
      this.#finished = true;
      return outcome;
    } finally {
      clearTimeout(timer);
    }
  }

  abort(): void {
    if (!this.#finished) this.#fail(this.#givenUp());
  }

  #start(fresh: boolean): Attempt {
    const attempt = this.#transport.start(this.#call, fresh);
    this.#attempt = attempt;
    const { request } = attempt;
    this.#outcome = new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        if (outcome instanceof BackendError) this.#fail(outcome);
        resolve(outcome);
      };
      request.once("response", (response) => void this.#read(response).then(settle));
      request.on("error", (error) => {
        if (this.#failed === undefined && this.#size <= HELD && attempt.isStale(error)) resolve(this.#sendAgain());
        else settle(this.#transport.unavailable("PUT", error));
      });
    });
    request.on("drain", () => this.#resume());
    return attempt;
  }

  #end({ request }: Attempt): void {
    this.#ending = true;
    for (const chunk of this.#held.slice(0, -1)) request.write(chunk);
    request.end(this.#held.at(-1));
  }

  /** A kept connection was dead: the whole body is still in hand. */
  #sendAgain(): Promise<Outcome> {
    this.#end(this.#start(true));
    return this.#outcome ?? Promise.resolve(this.#givenUp());
  }

  /** What the answer says; never rejects. */
  async #read(response: IncomingMessage): Promise<Outcome> {
    const transport = this.#transport;
    try {
      if (response.statusCode !== 200) return await transport.failure(response, "PUT");
      const text = await transport.readShort(response);
      if (parseErrorDocument(text) !== undefined) return transport.errorOf(500, text, "PUT answered 200 with an error");
      const etag = bareEtag(response.headers.etag);
      if (etag === undefined) return transport.corrupt("PUT answered without an ETag");
      return this.#ending ? { etag } : transport.corrupt("PUT answered before its body was sent");
    } catch (error) {
      return transport.unavailable("PUT", error);
    }
  }

  #fail(error: BackendError): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    this.#held = [];
    this.#attempt?.request.destroy(error);
    this.#drain?.reject(error);
    this.#drain = undefined;
  }

  #drained(): Promise<void> {
    if (this.#drain !== undefined) return this.#drain.promise;
    const { responseTimeoutMs } = this.#transport.options;
    const timer = setTimeout(
      () => this.#fail(this.#transport.unavailable("PUT", new Error(`took nothing for ${responseTimeoutMs} ms`))),
      responseTimeoutMs,
    );
    const drain = deferred();
    this.#drain = drain;
    return drain.promise.finally(() => clearTimeout(timer));
  }

  #resume(): void {
    this.#drain?.resolve();
    this.#drain = undefined;
  }

  #givenUp(): BackendError {
    return new BackendError(this.#transport.options.backend, "unavailable", { detail: "the write was given up" });
  }
}

function deferred() {
  let resolve = () => {};
  let reject = (_error: BackendError) => {};
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}
