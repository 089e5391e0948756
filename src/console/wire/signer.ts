/**
 * AWS Signature Version 4 in the browser, for headers and queries. `crypto.subtle` is missing on plain http, so the
 * hashes are computed in JavaScript.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const ALGORITHM = "AWS4-HMAC-SHA256";
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SignedFor {
  readonly credentials: Credentials;
  readonly region: string;
  readonly now: Date;
}

export interface UnsignedRequest {
  readonly method: string;
  /** Of the page: `host` or `host:port`. */
  readonly host: string;
  /** By `encodePath`. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex sha256 of the body. */
  readonly payload: string;
}

/** The headers to send: those given, the date, the body's digest and the signature. `host` is the browser's to send. */
export function signHeaders(request: UnsignedRequest, by: SignedFor): Record<string, string> {
  const stamp = amzDate(by.now);
  const sent = { ...request.headers, "x-amz-content-sha256": request.payload, "x-amz-date": stamp };
  const signed = Object.entries({ ...sent, host: request.host })
    .map(([name, value]) => [name, trimmed(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const scope = scopeOf(stamp, by.region);
  const signature = signatureOf(request, signed, request.payload, stamp, scope, by.credentials.secretAccessKey);
  const names = signed.map(([name]) => name).join(";");
  const credential = `${by.credentials.accessKeyId}/${scope}`;
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** A path with query that anybody may GET for `seconds`. */
export function presign(request: Pick<UnsignedRequest, "host" | "path" | "query">, by: SignedFor, seconds: number) {
  const stamp = amzDate(by.now);
  const scope = scopeOf(stamp, by.region);
  const query = [
    ...request.query,
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${by.credentials.accessKeyId}/${scope}`],
    ["X-Amz-Date", stamp],
    ["X-Amz-Expires", String(seconds)],
    ["X-Amz-SignedHeaders", "host"],
  ] as const;
  const unsigned = { method: "GET", path: request.path, query };
  const headers = [["host", request.host]] as const;
  const signature = signatureOf(unsigned, headers, "UNSIGNED-PAYLOAD", stamp, scope, by.credentials.secretAccessKey);
  return `${request.path}?${canonicalQuery(query)}&X-Amz-Signature=${signature}`;
}

/** Percent-encodes everything but RFC 3986's unreserved characters; slashes stay. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeComponent).join("/");
}

export function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .map(([name, value]) => [encodeComponent(name), encodeComponent(value)] as const)
    .sort(([an, av], [bn, bv]) => (an === bn ? (av < bv ? -1 : 1) : an < bn ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

export function sha256Hex(body: string | Uint8Array): string {
  return bytesToHex(sha256(typeof body === "string" ? utf8ToBytes(body) : body));
}

type Pairs = readonly (readonly [string, string])[];

function signatureOf(
  { method, path, query }: Pick<UnsignedRequest, "method" | "path" | "query">,
  headers: Pairs,
  payload: string,
  stamp: string,
  scope: string,
  secret: string,
): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
  const names = headers.map(([name]) => name).join(";");
  const canonical = `${method}\n${path}\n${canonicalQuery(query)}\n${lines}\n${names}\n${payload}`;
  const toSign = `${ALGORITHM}\n${stamp}\n${scope}\n${sha256Hex(canonical)}`;
  return bytesToHex(mac(signingKey(secret, scope), toSign));
}

function signingKey(secret: string, scope: string): Uint8Array {
  return scope.split("/").reduce(mac, utf8ToBytes(`AWS4${secret}`));
}

function mac(key: Uint8Array, text: string): Uint8Array {
  return hmac(sha256, key, utf8ToBytes(text));
}

function amzDate(time: Date): string {
  return `${time.toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

function scopeOf(stamp: string, region: string): string {
  return `${stamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

function encodeComponent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function trimmed(value: string): string {
  return value.trim().replace(/ +/g, " ");
}
