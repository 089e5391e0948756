/**
 * What a read says about its object in headers: built from the stored object, overridden by `response-*` parameters, or
 * embedded in a signed URL.
 */
import { decodeEmbeddedHeaders, EMBEDDED_HEADERS_PARAMETER, type EmbeddedHeaders } from "../embedded-headers.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import type { ByteRange, Checksum, ChecksumAlgorithm, StoredObject } from "../model.ts";
import { RESPONSE_OVERRIDES } from "../response-overrides.ts";
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

/**
 * `response-*` parameters over the stored headers. Throws InvalidRequest for an anonymous caller, InvalidArgument for
 * control characters.
 */
export function overrideHeaders(headers: ReplyHeaders, query: URLSearchParams, anonymous: boolean): void {
  if (query.size === 0) return;
  for (const [name, value] of query) {
    const header = RESPONSE_OVERRIDES.get(name);
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

/**
 * The headers that a gateway embedded in a URL it signed for this node. Undefined: there are none. Throws
 * InvalidArgument for what cannot be read.
 */
export function readEmbeddedHeaders(query: URLSearchParams): EmbeddedHeaders | undefined {
  const text = query.get(EMBEDDED_HEADERS_PARAMETER);
  return text === null ? undefined : decodeEmbeddedHeaders(text);
}

/** Puts embedded headers over those of the stored object, whatever the case of their names. */
export function applyEmbeddedHeaders(headers: ReplyHeaders, embedded: EmbeddedHeaders): void {
  const byLowerCase = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(embedded)) headers[byLowerCase.get(name) ?? name] = value;
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value);
}
