/**
 * What a request names: request target and Host -> bucket, key and query. Parsed once; nothing is normalised, so `//`,
 * `..` and `%2F` stay what the client meant. The path that is signed is the very path that is split here.
 */
import { isUtf8 } from "node:buffer";
import { S3Error } from "../errors.ts";

export interface Address {
  readonly bucket: string | undefined;
  /** At most 1,024 bytes of UTF-8, without NUL; undefined when the address ends at the bucket. */
  readonly key: string | undefined;
  /** Decoded; `+` is a space, as S3's clients and servers have it. */
  readonly query: URLSearchParams;
  /** What `query` is made of: decoded names and values in the order sent. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** As sent, without the query. */
  readonly rawPath: string;
  /** Decoded; `+` is a plus. */
  readonly path: string;
  /** The bucket came in the host name. */
  readonly virtualHost: boolean;
}

const MAX_KEY_BYTES = 1024;
const MAX_BUCKET_CHARACTERS = 255;
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i;
const NOT_ASCII = /[\u0080-\u00ff]/;

/**
 * `target`: the request target as node has it (latin1). `domains`: lower-case host names whose sub-domains are buckets.
 * Throws S3Error InvalidURI, KeyTooLongError, InvalidBucketName, or BadRequest for a Host that is none.
 */
export function parseAddress(target: string, host: string | undefined, domains: readonly string[]): Address {
  checkHost(host);
  const local = target.startsWith("/") ? target : fromAbsoluteForm(target, host);
  const mark = local.indexOf("?");
  const rawPath = mark < 0 ? local : local.slice(0, mark);
  const pairs = mark < 0 || mark === local.length - 1 ? [] : parseQuery(local.slice(mark + 1));
  const path = decode(rawPath);
  const hostBucket = bucketOf(host, domains);
  const slash = hostBucket === undefined ? path.indexOf("/", 1) : 0;
  const bucket = hostBucket ?? (path === "/" ? undefined : path.slice(1, slash < 0 ? undefined : slash));
  const key = slash < 0 || slash === path.length - 1 ? undefined : path.slice(slash + 1);
  if (bucket !== undefined && (bucket === "" || bucket.length > MAX_BUCKET_CHARACTERS)) throw invalidBucketName(bucket);
  if (key !== undefined) checkKeyLength(key);
  return { bucket, key, query: searchParams(pairs), pairs, rawPath, path, virtualHost: hostBucket !== undefined };
}

function searchParams(pairs: readonly (readonly [string, string])[]): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of pairs) query.append(name, value);
  return query;
}

function parseQuery(raw: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const part of raw.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) pairs.push([decodeQuery(part), ""]);
    else pairs.push([decodeQuery(part.slice(0, equals)), decodeQuery(part.slice(equals + 1))]);
  }
  return pairs;
}

function decodeQuery(raw: string): string {
  return decode(raw.includes("+") ? raw.replaceAll("+", " ") : raw);
}

function decode(raw: string): string {
  const escaped = raw.includes("%");
  const foreign = NOT_ASCII.test(raw);
  if (!escaped && !foreign) return raw;
  const decoded = decodeEscapes(foreign ? fromUtf8(raw) : raw);
  if (decoded.includes("\0")) throw new S3Error("InvalidURI");
  return decoded;
}

function decodeEscapes(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidUri(cause);
  }
}

function invalidUri(cause: unknown): S3Error {
  return new S3Error("InvalidURI", {}, { cause });
}

function fromUtf8(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  if (!isUtf8(bytes)) throw new S3Error("InvalidURI");
  return bytes.toString();
}

function checkKeyLength(key: string): void {
  if (key.length * 3 <= MAX_KEY_BYTES) return;
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES)
    throw new S3Error("KeyTooLongError", { elements: { Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) } });
}

/** `GET http://host/path`: the authority must be the Host header's, else the two could name different buckets. */
function fromAbsoluteForm(target: string, host: string | undefined): string {
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) throw new S3Error("InvalidURI");
  const rest = target.slice(scheme[0].length);
  const end = rest.search(/[/?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  if (host === undefined || authority.toLowerCase() !== host.toLowerCase()) throw badHost();
  if (end < 0) return "/";
  return rest[end] === "/" ? rest.slice(end) : `/${rest.slice(end)}`;
}

/** Does the Host name a bucket, whatever the target is? Throws BadRequest for a Host that is none. */
export function isVirtualHost(host: string | undefined, domains: readonly string[]): boolean {
  checkHost(host);
  return bucketOf(host, domains) !== undefined;
}

function checkHost(host: string | undefined): void {
  if (host !== undefined && !HOST.test(host)) throw badHost();
}

function bucketOf(host: string | undefined, domains: readonly string[]): string | undefined {
  if (host === undefined) return undefined;
  const colon = host.lastIndexOf(":");
  const named = (colon > host.lastIndexOf("]") ? host.slice(0, colon) : host).toLowerCase();
  const name = named.endsWith(".") ? named.slice(0, -1) : named;
  let longest = "";
  for (const domain of domains) {
    if (name === domain) return undefined;
    if (
      domain.length > longest.length &&
      name.length > domain.length + 1 &&
      name.endsWith(domain) &&
      name[name.length - domain.length - 1] === "."
    )
      longest = domain;
  }
  return longest === "" ? undefined : name.slice(0, name.length - longest.length - 1);
}

function badHost(): S3Error {
  return new S3Error("BadRequest", {
    message: "The Host header is not a host name, or not the one of the request target.",
  });
}

function invalidBucketName(name: string): S3Error {
  return new S3Error("InvalidBucketName", { elements: { BucketName: name } });
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const ADJACENT = /\.\.|\.-|-\./;
const IP_ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/**
 * The name, when S3 would let a bucket of that name be made; throws S3Error InvalidBucketName. Names that are only
 * looked up are not checked: there is no such bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function checkBucketName(name: string): string {
  if (!BUCKET_NAME.test(name) || ADJACENT.test(name) || IP_ADDRESS.test(name) || RESERVED.test(name))
    throw invalidBucketName(name);
  return name;
}
