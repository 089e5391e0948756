/**
 * AWS Signature Version 4, the computation only: auth/ verifies with it and backends/ sign with it, so both read a
 * request in the same way. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHmac, hash } from "node:crypto";
import { LRUCache } from "lru-cache";

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface CanonicalRequest {
  readonly method: string;
  /** Encoded by `encodePath`; S3 neither normalises nor double-encodes it. */
  readonly path: string;
  /** By `canonicalQuery`, without the signature itself. */
  readonly query: string;
  /** Lower-case names in byte order with trimmed values: exactly the signed ones. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Hex sha256 of the payload, or one of S3's names for another payload mode. */
  readonly payload: string;
}

/** `20130524T000000Z`, the form of X-Amz-Date. */
export function amzDate(time: Date): string {
  return `${time.toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

export function scopeOf(amzDateOrDay: string, region: string, service = "s3"): string {
  return `${amzDateOrDay.slice(0, 8)}/${region}/${service}/aws4_request`;
}

export function sha256Hex(text: string | Buffer): string {
  return hash("sha256", text, "hex");
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const pads = new WeakMap<Buffer, { readonly inner: string; readonly outer: Buffer }>();

/**
 * HMAC-SHA256 (RFC 2104) of text without characters above U+00FF, by two one-shot hashes: a fifth cheaper than an Hmac
 * object, and without native objects, which make garbage collection slow. `key`: at most 64 bytes; its padded forms are
 * cached while it lives.
 */
export function hmacHex(key: Buffer, text: string): string {
  const { inner, outer } = pads.get(key) ?? padsOf(key);
  // As text: a buffer of its own for each digest costs more than the copy.
  outer.write(hash("sha256", Buffer.from(inner + text, "latin1"), "binary"), BLOCK_BYTES, "latin1");
  return hash("sha256", outer, "hex");
}

function padsOf(key: Buffer) {
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  const made = { inner: inner.toString("latin1"), outer };
  pads.set(key, made);
  return made;
}

/** Bounded in bytes: a scope holds a region name of any length that the client chooses. */
const keyCache = new LRUCache<string, Buffer>({ maxSize: 512 * 1024, sizeCalculation: (_, name) => 64 + name.length });

/** The day's signing key, cached for recent (secret, scope) pairs: deriving it costs four HMACs, using it one. */
export function signingKey(secret: string, scope: string): Buffer {
  const name = `${scope}\n${secret}`;
  const known = keyCache.get(name);
  if (known !== undefined) return known;
  const [day = "", region = "", service = ""] = scope.split("/");
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), "aws4_request");
  keyCache.set(name, key);
  return key;
}

export function stringToSign(timestamp: string, scope: string, request: CanonicalRequest): string {
  return `${ALGORITHM}\n${timestamp}\n${scope}\n${sha256Hex(canonicalText(request))}`;
}

/** The canonical request that is hashed; a client whose signature does not match gets it in the error. */
export function canonicalText(request: CanonicalRequest): string {
  let headers = "";
  let names = "";
  for (const [name, value] of request.headers) {
    headers += `${name}:${value}\n`;
    names += names === "" ? name : `;${name}`;
  }
  return `${request.method}\n${request.path}\n${request.query}\n${headers}\n${names}\n${request.payload}`;
}

export function sign(secret: string, timestamp: string, scope: string, request: CanonicalRequest): string {
  return hmacHex(signingKey(secret, scope), stringToSign(timestamp, scope, request));
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** Percent-encodes everything but RFC 3986's unreserved characters, in upper-case hex, as AWS requires. */
export function encodeComponent(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Encodes a decoded path; slashes stay. */
export function encodePath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : path.split("/").map(encodeComponent).join("/");
}

type Pair = readonly [name: string, value: string];

/** Sorted by encoded name, then encoded value, joined. */
export function canonicalQuery(pairs: Iterable<Pair>): string {
  const encoded: Pair[] = [];
  for (const [name, value] of pairs) encoded.push([encodeComponent(name), encodeComponent(value)]);
  encoded.sort(comparePairs);
  let query = "";
  for (const [name, value] of encoded) query += `${query === "" ? "" : "&"}${name}=${value}`;
  return query;
}

// Names and values apart, because "=" sorts after "-" and digits.
function comparePairs([name, value]: Pair, [otherName, otherValue]: Pair): number {
  return name === otherName ? compare(value, otherValue) : compare(name, otherName);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
