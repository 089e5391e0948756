/**
 * What a read says about its object in headers: built from the stored object, overridden by `response-*` parameters, or
 * told inside a signed URL.
 */
import { invalidArgument, S3Error } from "../errors.ts";
import type { ByteRange, Checksum, ChecksumAlgorithm, StoredObject } from "../model.ts";
import { checksumHeader } from "./checksum-headers.ts";
import { quote } from "./etag.ts";

export type ReplyHeaders = Record<string, string | undefined>;

const DEFAULT_CONTENT_TYPE = "binary/octet-stream";

/**
 * Every header of a GET or HEAD but those of the range: Content-Length, Content-Range. `withChecksum`: the client asked
 * for it.
 */
export function headersOf(object: StoredObject, withChecksum: boolean): ReplyHeaders {
  const { attributes, checksum } = object;
  const headers: ReplyHeaders = {
    ETag: quote(object.etag),
    "Last-Modified": object.modifiedAt.toUTCString(),
    "Accept-Ranges": "bytes",
    "Content-Type": attributes.contentType ?? DEFAULT_CONTENT_TYPE,
  };
  if (attributes.cacheControl !== undefined) headers["Cache-Control"] = attributes.cacheControl;
  if (attributes.contentDisposition !== undefined) headers["Content-Disposition"] = attributes.contentDisposition;
  if (attributes.contentEncoding !== undefined) headers["Content-Encoding"] = attributes.contentEncoding;
  if (attributes.contentLanguage !== undefined) headers["Content-Language"] = attributes.contentLanguage;
  if (attributes.expires !== undefined) headers["Expires"] = attributes.expires;
  if (attributes.websiteRedirectLocation !== undefined)
    headers["x-amz-website-redirect-location"] = attributes.websiteRedirectLocation;
  if (attributes.storageClass !== undefined) headers["x-amz-storage-class"] = attributes.storageClass;
  if (attributes.tags !== undefined) headers["x-amz-tagging-count"] = String(attributes.tags.length);
  for (const name in attributes.metadata) headers[`x-amz-meta-${name}`] = attributes.metadata[name];
  if (withChecksum && checksum !== undefined) Object.assign(headers, checksumHeaders(checksum));
  return headers;
}

export function checksumHeaders({
  algorithm,
  type,
  value,
}: Pick<Checksum, "type" | "value"> & { readonly algorithm: ChecksumAlgorithm }): ReplyHeaders {
  return { [checksumHeader(algorithm)]: value, "x-amz-checksum-type": type };
}

/** Content-Length and, for a range, Content-Range. */
export function setRange(headers: ReplyHeaders, range: ByteRange | undefined, size: number): void {
  headers["Content-Length"] = String(range === undefined ? size : range.last - range.first + 1);
  if (range !== undefined) headers["Content-Range"] = `bytes ${range.first}-${range.last}/${size}`;
}

const OVERRIDES: Readonly<Record<string, string>> = {
  "response-cache-control": "Cache-Control",
  "response-content-disposition": "Content-Disposition",
  "response-content-encoding": "Content-Encoding",
  "response-content-language": "Content-Language",
  "response-content-type": "Content-Type",
  "response-expires": "Expires",
};

/**
 * `response-*` parameters over the stored headers. Throws InvalidRequest for an anonymous caller, InvalidArgument for
 * control characters.
 */
export function overrideHeaders(headers: ReplyHeaders, query: URLSearchParams, anonymous: boolean): void {
  if (query.size === 0) return;
  for (const [name, value] of query) {
    const header = OVERRIDES[name];
    if (header === undefined) continue;
    if (anonymous)
      throw new S3Error("InvalidRequest", {
        message: "Request specific response headers cannot be used for anonymous GET requests.",
      });
    if (hasControlCharacter(value))
      throw invalidArgument(name, value, "Header value cannot contain control characters");
    headers[header] = value;
  }
}

const TOLD = "x-nearbucket-reply";
const TELLABLE =
  /^(etag|last-modified|cache-control|content-(type|disposition|encoding|language)|expires|x-amz-(meta-[!#$%&'*+.^_`|~0-9a-z-]+|version-id|checksum-(crc32|crc32c|crc64nvme|sha1|sha256|type)|storage-class|website-redirect-location|mp-parts-count|tagging-count))$/;

/** Header names in lower case. */
export type EmbeddedHeaders = Readonly<Record<string, string>>;

/**
 * The headers that a gateway told this node inside a URL it signed: base64url JSON, a flat object of text. Undefined:
 * none were told. Throws InvalidArgument for anything else, for a name not on the list, and for control characters.
 */
export function readEmbeddedHeaders(query: URLSearchParams): EmbeddedHeaders | undefined {
  const text = query.get(TOLD);
  if (text === null) return undefined;
  const told = parseTold(text);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(told)) {
    if (typeof value !== "string" || !TELLABLE.test(name) || hasControlCharacter(value)) throw invalidTold(text);
    headers[name] = value;
  }
  return headers;
}

function parseTold(text: string): object {
  try {
    const told: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof told === "object" && told !== null && !Array.isArray(told)) return told;
  } catch (cause) {
    throw invalidTold(text, cause);
  }
  throw invalidTold(text);
}

function invalidTold(text: string, cause?: unknown): S3Error {
  const { message, elements } = {
    message: "The told reply headers cannot be read",
    elements: { ArgumentName: TOLD, ArgumentValue: text },
  };
  return new S3Error("InvalidArgument", { message, elements }, { cause });
}

/** Puts told headers over those of the stored object, whatever the case of their names. */
export function applyEmbeddedHeaders(headers: ReplyHeaders, told: EmbeddedHeaders): void {
  const byLowerCase = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(told)) headers[byLowerCase.get(name) ?? name] = value;
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value);
}
