/**
 * How the signature of a request covers its body. The signed word alone decides, never Content-Encoding.
 */
import { S3Error } from "../errors.ts";
import type { Digest, HeaderFields } from "../model.ts";
import { UNSIGNED_PAYLOAD } from "../signature-v4.ts";

/** What the chunks' signatures are made with; `seed` is the request's own signature. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly timestamp: string;
  readonly scope: string;
  readonly seed: string;
}

/**
 * sha256: the reader of the body compares its digest. unsigned: no signature covers the body. chunked: aws-chunked
 * framing, with signed chunks when `signing` is defined, and with trailing headers when `trailer` is true.
 */
export type PayloadMode =
  | { readonly kind: "sha256"; readonly digest: Digest }
  | { readonly kind: "unsigned" }
  | { readonly kind: "chunked"; readonly signing: ChunkSigning | undefined; readonly trailer: boolean };

const UNSIGNED: PayloadMode = { kind: "unsigned" };
const UNSIGNED_TRAILER: PayloadMode = { kind: "chunked", signing: undefined, trailer: true };
const SHA256 = /^[0-9a-fA-F]{64}$/;

/**
 * `word`: x-amz-content-sha256. `signing` is called for signed chunks only; it is undefined when the request has no
 * SigV4 signature that they could continue. Throws S3Error.
 */
export function readPayloadMode(word: string, signing: (() => ChunkSigning) | undefined): PayloadMode {
  switch (word) {
    case UNSIGNED_PAYLOAD:
      return UNSIGNED;
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return UNSIGNED_TRAILER;
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      if (signing === undefined)
        throw new S3Error("InvalidRequest", {
          message: `${word} continues the signature of the request: it needs Signature Version 4.`,
        });
      return { kind: "chunked", signing: signing(), trailer: word.endsWith("-TRAILER") };
  }
  if (SHA256.test(word)) return { kind: "sha256", digest: word.toLowerCase() };
  if (word.startsWith("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) throw sigV4aRefused(word);
  throw new S3Error("InvalidArgument", {
    message:
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, " +
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    elements: { ArgumentName: "x-amz-content-sha256", ArgumentValue: word },
  });
}

export function sigV4aRefused(name: string): S3Error {
  return new S3Error("NotImplemented", {
    message: `Signature Version 4A (${name}) is not implemented. Please use AWS4-HMAC-SHA256.`,
  });
}

/** For requests whose signature does not cover the body: it must still match what their headers say. */
export function readUnsignedPayloadMode(headers: HeaderFields): PayloadMode {
  const word = headers["x-amz-content-sha256"];
  return word === undefined ? UNSIGNED : readPayloadMode(word, undefined);
}
