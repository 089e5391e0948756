/**
 * Decodes aws-chunked bodies as they come, in pieces of any size. It checks the signature of every chunk and of the
 * trailer, and the length that was declared. It passes the bytes of a signed chunk on before it can check them, so only
 * a body that was read to its end may be trusted. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * and sigv4-streaming-trailers.html
 */
import { createHash, type Hash, timingSafeEqual } from "node:crypto";
import { S3Error } from "../errors.ts";
import { trimBlanks } from "../protocol/blanks.ts";
import { EMPTY_SHA256, hmacHex, sha256Hex } from "../signature-v4.ts";
import type { ChunkSigning } from "./payload-mode.ts";

export interface ChunkedOptions {
  /** Undefined: chunks carry no signatures. */
  readonly signing: ChunkSigning | undefined;
  /** Trailing headers close the body. */
  readonly trailer: boolean;
  /** Their names, lower case: exactly these must come. */
  readonly announced: readonly string[];
  /** x-amz-decoded-content-length. */
  readonly length: number;
}

const MAX_CHUNK_BYTES = 5 * 1024 ** 3;
const MAX_CHUNK_HEADER_BYTES = 256;
/**
 * S3 refuses a chunk below 8 KiB that is not the last. We accept small chunks while they are few: when a body has more
 * than a thousand, its chunks must hold 1 KiB on average, so that parsing them costs little compared to hashing.
 */
const FREE_CHUNKS = 1000;
const MIN_AVERAGE_BYTES = 1024;
/** More runs than this in one input are small: they are copied into one buffer, because each buffer costs memory. */
const MANY_RUNS = 16;
const MAX_TRAILER_BYTES = 8 * 1024;
const CHUNK_HEADER = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/;
const TRAILER = /^([a-zA-Z0-9-]+)[ \t]*:([^\r]*)\r?$/;
const TRAILER_SIGNATURE = "x-amz-trailer-signature";
const LF = 10;
const NOTHING = Buffer.alloc(0);

type State = "header" | "data" | "data end" | "trailer" | "ended";

export class ChunkedDecoder {
  readonly #options: ChunkedOptions;
  #state: State = "header";
  /** A chunk header, the line end after a chunk or the trailer, as far as it has come. */
  #held: Buffer = NOTHING;
  #left = 0;
  #chunks = 0;
  #decoded = 0;
  #hash: Hash | undefined;
  #signature = "";
  #previous: string;
  #trailers: Readonly<Record<string, string>> = {};

  constructor(options: ChunkedOptions) {
    this.#options = options;
    this.#previous = options.signing?.seed ?? "";
  }

  /** Verified; empty until `end` has returned. */
  get trailers(): Readonly<Record<string, string>> {
    return this.#trailers;
  }

  /**
   * Passes the decoded bytes to `emit`: parts of `input`, or one copy of them when they are many. After it has thrown
   * an S3Error the decoder cannot be used any more.
   */
  write(input: Buffer, emit: (bytes: Buffer) => void): void {
    const runs: Buffer[] = [];
    let at = 0;
    while (at < input.length)
      switch (this.#state) {
        case "header":
          at = this.#readHeader(input, at);
          break;
        case "data":
          at = this.#readData(input, at, runs);
          break;
        case "data end":
          at = this.#readDataEnd(input, at);
          break;
        default:
          at = this.#readTrailer(input, at);
      }
    if (runs.length > MANY_RUNS) emit(Buffer.concat(runs));
    else for (const run of runs) emit(run);
  }

  /** Ends the body. Throws S3Error when it was cut short, or when its trailer is not as announced or signed. */
  end(): void {
    if (this.#state !== "trailer") throw cut();
    if (this.#decoded !== this.#options.length) throw wrongLength();
    const text = this.#held.toString("latin1");
    if (text !== "\r\n" && !text.endsWith("\n\r\n")) throw cut();
    this.#trailers = this.#options.trailer ? this.#parseTrailer(text) : {};
    this.#state = "ended";
  }

  #readHeader(input: Buffer, at: number): number {
    const end = input.indexOf(LF, at);
    const stop = end < 0 ? input.length : end + 1;
    if (this.#held.length + stop - at > MAX_CHUNK_HEADER_BYTES) throw malformed("a chunk header is too long");
    const line = this.#hold(input, at, stop);
    if (end < 0) return stop;
    this.#held = NOTHING;
    const [, size = "", signature] = CHUNK_HEADER.exec(line.toString("latin1")) ?? [];
    if (size === "" || (signature === undefined) === (this.#options.signing !== undefined))
      throw malformed("a chunk header is not well-formed");
    this.#left = Number.parseInt(size, 16);
    if (this.#left > MAX_CHUNK_BYTES) throw malformed("a chunk is too large");
    this.#decoded += this.#left;
    if (this.#decoded > this.#options.length) throw wrongLength();
    this.#signature = signature ?? "";
    if (this.#left === 0) {
      this.#checkChunk(EMPTY_SHA256);
      this.#state = "trailer";
    } else {
      this.#countChunk();
      if (this.#options.signing !== undefined) this.#hash = createHash("sha256");
      this.#state = "data";
    }
    return stop;
  }

  #countChunk(): void {
    this.#chunks += 1;
    if (this.#chunks > FREE_CHUNKS + this.#decoded / MIN_AVERAGE_BYTES)
      throw new S3Error("InvalidChunkSizeError", {
        elements: { Chunk: String(this.#chunks), BadChunkSize: String(this.#left) },
      });
  }

  #readData(input: Buffer, at: number, runs: Buffer[]): number {
    const stop = Math.min(input.length, at + this.#left);
    const bytes = at === 0 && stop === input.length ? input : input.subarray(at, stop);
    this.#left -= bytes.length;
    this.#hash?.update(bytes);
    if (this.#left === 0) {
      // The check comes before the last bytes are passed on, so a small chunk that is wrong is never passed on at all.
      if (this.#hash !== undefined) this.#checkChunk(this.#hash.digest("hex"));
      this.#state = "data end";
    }
    runs.push(bytes);
    return stop;
  }

  #readDataEnd(input: Buffer, at: number): number {
    const stop = Math.min(input.length, at + 2 - this.#held.length);
    const line = this.#hold(input, at, stop);
    if (line.length < 2) return stop;
    if (line.toString("latin1") !== "\r\n") throw malformed("a chunk is longer than its header says");
    this.#held = NOTHING;
    this.#state = "header";
    return stop;
  }

  #readTrailer(input: Buffer, at: number): number {
    const room = this.#options.trailer ? MAX_TRAILER_BYTES : 2;
    if (this.#held.length + input.length - at > room)
      throw this.#options.trailer
        ? new S3Error("MalformedTrailerError")
        : malformed("something follows the last chunk");
    this.#hold(input, at, input.length);
    return input.length;
  }

  /** Copies, because the caller may reuse `input`. */
  #hold(input: Buffer, at: number, stop: number): Buffer {
    this.#held =
      this.#held.length === 0
        ? Buffer.from(input.subarray(at, stop))
        : Buffer.concat([this.#held, input.subarray(at, stop)]);
    return this.#held;
  }

  #checkChunk(digest: string): void {
    if (this.#options.signing !== undefined)
      this.#checkSignature("PAYLOAD", `${EMPTY_SHA256}\n${digest}`, this.#signature);
  }

  #checkSignature(kind: "PAYLOAD" | "TRAILER", hashes: string, given: string): void {
    const { signing } = this.#options;
    if (signing === undefined) return;
    const text = `AWS4-HMAC-SHA256-${kind}\n${signing.timestamp}\n${signing.scope}\n${this.#previous}\n${hashes}`;
    const expected = hmacHex(signing.key, text);
    if (given.length !== expected.length || !timingSafeEqual(Buffer.from(expected), Buffer.from(given, "latin1")))
      throw new S3Error("SignatureDoesNotMatch");
    this.#previous = expected;
  }

  #parseTrailer(text: string): Readonly<Record<string, string>> {
    const { announced, signing } = this.#options;
    const found = new Map<string, string>();
    let canonical = "";
    let signature: string | undefined;
    for (const line of text.split("\n")) {
      if (line === "" || line === "\r") continue;
      const [, name = "", untrimmed = ""] = TRAILER.exec(line) ?? [];
      const lower = name.toLowerCase();
      const value = trimBlanks(untrimmed);
      if (lower === "" || found.has(lower) || signature !== undefined) throw new S3Error("MalformedTrailerError");
      if (lower === TRAILER_SIGNATURE && signing !== undefined) {
        signature = value;
      } else {
        found.set(lower, value);
        canonical += `${lower}:${value}\n`;
      }
    }
    if (signing !== undefined) {
      if (signature === undefined) throw new S3Error("MalformedTrailerError");
      this.#checkSignature("TRAILER", sha256Hex(canonical), signature);
    }
    if (found.size !== announced.length || announced.some((name) => !found.has(name)))
      throw new S3Error("MalformedTrailerError");
    return Object.fromEntries(found);
  }
}

function cut(): S3Error {
  return new S3Error("IncompleteBody", { message: "The request body terminated unexpectedly" });
}

function wrongLength(): S3Error {
  return new S3Error("IncompleteBody", {
    message: "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header",
  });
}

function malformed(what: string): S3Error {
  return new S3Error("InvalidRequest", { message: `The body is not in the aws-chunked format: ${what}.` });
}
