/**
 * The body of a request, read as its signature says: without framing, with chunks, trailers and lengths verified. A
 * body that ends early always ends in an error.
 */
import { Readable } from "node:stream";
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";
import { ChunkedDecoder } from "./aws-chunked.ts";
import type { PayloadMode } from "./payload-mode.ts";

export interface IncomingBodyOptions {
  readonly payload: PayloadMode;
  /** Those of the Authentication. */
  readonly headers: HeaderFields;
  /** Sends `100 Continue`; undefined when the client does not wait for it. */
  readonly writeContinue: (() => void) | undefined;
  /** Waits for that much memory before anything is read; undefined: it is there. `body` is what will be read. */
  readonly admit?: (held: number, body: Readable) => Promise<void> | undefined;
}

/**
 * `source`: node's request. Throws S3Error when the headers contradict themselves. Nothing is read, and no `100
 * Continue` sent, before what `open` gives is read.
 */
export function incomingBody(source: Readable, options: IncomingBodyOptions): IncomingBody {
  const { payload, headers, writeContinue } = options;
  const wireLength = readLength(headers, "content-length");
  const decoder = payload.kind === "chunked" ? chunkedDecoder(payload, headers) : undefined;
  const announced = readAnnouncedTrailers(payload, headers);
  const length = decoder === undefined ? wireLength : readLength(headers, "x-amz-decoded-content-length");
  let stream: BodyStream | undefined;
  return {
    length,
    sha256: payload.kind === "sha256" ? payload.digest : undefined,
    announcedTrailers: announced,
    expectsContinue: writeContinue !== undefined,
    open(held = length ?? Number.POSITIVE_INFINITY) {
      if (stream !== undefined) throw new Error("a body is read only once");
      stream = new BodyStream(source, decoder, wireLength, (body) => {
        const wait = options.admit?.(held, body);
        if (wait !== undefined) return wait.then(writeContinue);
        writeContinue?.();
        return undefined;
      });
      return stream;
    },
    trailers() {
      if (announced.length > 0 && !stream?.readableEnded)
        throw new Error("trailers are known only when the body has been read to its end");
      return decoder?.trailers ?? {};
    },
  };
}

function chunkedDecoder(payload: PayloadMode & { readonly kind: "chunked" }, headers: HeaderFields): ChunkedDecoder {
  const length = readLength(headers, "x-amz-decoded-content-length");
  if (length === undefined)
    throw new S3Error("MissingContentLength", {
      message: "You must provide the x-amz-decoded-content-length HTTP header.",
    });
  return new ChunkedDecoder({
    signing: payload.signing,
    trailer: payload.trailer,
    announced: readAnnouncedTrailers(payload, headers),
    length,
  });
}

function readAnnouncedTrailers(payload: PayloadMode, headers: HeaderFields): readonly string[] {
  const text = headers["x-amz-trailer"];
  if (text === undefined) return [];
  // A checksum that is announced but never checked would be worse than none.
  if (payload.kind !== "chunked" || !payload.trailer)
    throw new S3Error("InvalidRequest", {
      message: "x-amz-trailer needs a body that is sent with trailing headers (x-amz-content-sha256: ...-TRAILER).",
    });
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ""))];
}

function readLength(
  headers: HeaderFields,
  name: "content-length" | "x-amz-decoded-content-length",
): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new S3Error("InvalidArgument", {
      message: `${name} is not a length.`,
      elements: { ArgumentName: name, ArgumentValue: text },
    });
  return Number(text);
}

/**
 * Reads the request at the pace of its own reader. It never destroys the request, because the reply needs its socket.
 */
class BodyStream extends Readable {
  readonly #source: Readable;
  readonly #decoder: ChunkedDecoder | undefined;
  readonly #wireLength: number | undefined;
  readonly #admit: (body: Readable) => Promise<void> | undefined;
  #received = 0;
  #begun = false;

  /** `admit` lets the client send. */
  constructor(
    source: Readable,
    decoder: ChunkedDecoder | undefined,
    wireLength: number | undefined,
    admit: (body: Readable) => Promise<void> | undefined,
  ) {
    super();
    this.#source = source;
    this.#decoder = decoder;
    this.#wireLength = wireLength;
    this.#admit = admit;
  }

  /** Is called again only when something has been pushed. */
  override _read(): void {
    if (this.#begun) {
      this.#source.resume();
      return;
    }
    this.#begun = true;
    const wait = this.#admit(this);
    if (wait === undefined) this.#attach();
    else
      wait.then(
        () => this.#attach(),
        (error: Error) => this.destroy(error),
      );
  }

  #attach(): void {
    if (this.destroyed) return;
    if (this.#source.readableEnded) {
      this.#onEnd();
      return;
    }
    if (this.#source.destroyed) {
      this.#fail(this.#source.errored ?? undefined);
      return;
    }
    this.#source.on("data", this.#onData);
    this.#source.once("end", this.#onEnd);
    this.#source.once("close", this.#onClose);
    // Stays: an error that comes after the body was given up must not end the process.
    this.#source.on("error", (cause) => this.#fail(cause));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off("data", this.#onData);
    this.#source.off("end", this.#onEnd);
    this.#source.off("close", this.#onClose);
    if (!this.#source.readableEnded) this.#source.pause();
    done(error);
  }

  readonly #emit = (bytes: Buffer): void => {
    if (!this.push(bytes)) this.#source.pause();
  };

  readonly #onData = (bytes: Buffer): void => {
    this.#received += bytes.length;
    if (this.#wireLength !== undefined && this.#received > this.#wireLength) this.#fail(undefined);
    else if (this.#decoder === undefined) this.#emit(bytes);
    else this.#guard(() => this.#decoder?.write(bytes, this.#emit));
  };

  readonly #onEnd = (): void => {
    if (this.#wireLength !== undefined && this.#received < this.#wireLength) this.#fail(undefined);
    else if (this.#guard(() => this.#decoder?.end())) this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#source.readableEnded) this.#fail(undefined);
  };

  #guard(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      this.destroy(error as Error);
      return false;
    }
  }

  /** An S3Error of the source is told as it is. */
  #fail(cause: unknown): void {
    if (this.destroyed) return;
    this.destroy(cause instanceof S3Error ? cause : new S3Error("IncompleteBody", {}, { cause }));
  }
}
