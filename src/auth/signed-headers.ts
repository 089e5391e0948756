/** Which headers a signature covers, and therefore which may be used. Headers may also be given in the query. */
import { invalidArgument, S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";

/** The names of the headers a SigV4 signature covers, lower case, in the order they are signed. */
export type SignedNames = ReadonlySet<string>;

/**
 * Parses `host;x-amz-date`. Undefined when a name is listed twice: the signed text repeats a header's value for each,
 * so a client could make it far longer than the request.
 */
export function parseSignedNames(text: string): SignedNames | undefined {
  const names = text.split(";");
  const unique = new Set(names);
  return unique.size === names.length ? unique : undefined;
}

/**
 * Clients that follow a redirect repeat these headers of the first request on the presigned URL. A read may have them
 * unsigned; they are dropped, so that their values are never used.
 */
const REPLAYED = [
  "x-amz-date",
  "x-amz-content-sha256",
  "x-amz-checksum-mode",
  "x-amz-user-agent",
  "x-amz-api-version",
] as const;

/** Returns the same object when there is nothing to drop. */
export function withoutReplayed(headers: HeaderFields, signed: SignedNames): HeaderFields {
  let kept: Record<string, string | undefined> | undefined;
  for (const name of REPLAYED) {
    if (headers[name] === undefined || signed.has(name)) continue;
    kept ??= copyOf(headers);
    delete kept[name];
  }
  return kept ?? headers;
}

/**
 * Throws AccessDenied unless `host`, every x-amz-* header and the regions are signed, InvalidToken for a security
 * token: we have only static keys.
 */
export function checkSignedHeaders(headers: HeaderFields, signed: SignedNames, queryToken: string | undefined): void {
  if (headers["x-amz-security-token"] !== undefined || queryToken !== undefined) throw new S3Error("InvalidToken");
  const missing: string[] = [];
  if (!signed.has("host")) missing.push("host");
  for (const name in headers) if (mustBeSigned(name) && !signed.has(name)) missing.push(name);
  if (missing.length === 0) return;
  throw new S3Error("AccessDenied", {
    message: "There were headers present in the request which were not signed",
    elements: { HeadersNotSigned: missing.join(", ") },
  });
}

/** Says what a write becomes, as x-amz-* headers do. Version 2 of the signature does not cover it. */
export const REGIONS_HEADER = "x-nearbucket-regions";

function mustBeSigned(name: string): boolean {
  return name.startsWith("x-amz-") || name === REGIONS_HEADER;
}

/**
 * Presigners put x-amz-* headers into the query, where the signature covers them too. They count as headers, except for
 * those of the signature itself. Throws InvalidArgument for one that could not be a header, and for one that
 * contradicts the header of the same name.
 */
export function withQueryHeaders(headers: HeaderFields, pairs: readonly (readonly [string, string])[]): HeaderFields {
  let merged: Record<string, string | undefined> | undefined;
  for (const [name, value] of pairs) {
    if (!AMZ.test(name) || OF_THE_SIGNATURE.test(name)) continue;
    const lower = checkHeaderName(name.toLowerCase());
    merged ??= copyOf(headers);
    if (merged[lower] !== undefined && merged[lower] !== value)
      throw new S3Error("InvalidArgument", {
        message: `${lower} is given as a header and in the query, with different values.`,
        elements: { ArgumentName: lower },
      });
    merged[lower] = checkHeaderValue(lower, value);
  }
  return merged ?? headers;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const CONTROL = /[^\t\P{Cc}]/u;

function checkHeaderName(name: string): string {
  if (!TOKEN.test(name)) throw invalidArgument(name, "", "A header name cannot contain such characters");
  return name;
}

/**
 * Checks a header's value that was given in the query. A line break or another control character cannot be sent in a
 * header: an object stored with one could not be read. Throws InvalidArgument.
 */
export function checkHeaderValue(name: string, value: string): string {
  if (CONTROL.test(value)) throw invalidArgument(name, value, "Header value cannot contain control characters");
  return value;
}

const AMZ = /^x-amz-/i;
const OF_THE_SIGNATURE =
  /^x-amz-(?:algorithm|credential|signature|date|signedheaders|expires|content-sha256|security-token)$/i;

function copyOf(headers: HeaderFields): Record<string, string | undefined> {
  return Object.assign(Object.create(null) as Record<string, string | undefined>, headers);
}

const BLANKS = / {2,}|\t/;

/**
 * The value as it is signed: each run of blanks is one space, there are none at the ends, and an absent header is
 * empty. Blanks are spaces and tabs only; other white space is part of the value, so it is part of the signed text.
 */
export function canonicalValue(value: string | undefined): string {
  if (value === undefined) return "";
  const single = BLANKS.test(value) ? value.replace(/[ \t]+/g, " ") : value;
  return single.startsWith(" ") || single.endsWith(" ") ? single.replace(/^ | $/g, "") : single;
}
