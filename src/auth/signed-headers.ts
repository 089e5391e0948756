/** Which headers a signature covers, in their own place or in the query, and so which of them may be believed. */
import { invalidArgument, S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";

/** The names of the headers a SigV4 signature covers, lower case, in the order they are signed. */
export type SignedNames = ReadonlySet<string>;

/**
 * `host;x-amz-date`; undefined when a name stands there twice: the text that is signed would repeat that header's value
 * each time, and so could be made far longer than the request.
 */
export function parseSignedNames(text: string): SignedNames | undefined {
  const names = text.split(";");
  const unique = new Set(names);
  return unique.size === names.length ? unique : undefined;
}

/**
 * A client that follows a redirect repeats these of its first request on the presigned URL it was sent to. On reading
 * they are let pass unsigned, and are dropped: nothing they say is used.
 */
const REPLAYED = ["x-amz-date", "x-amz-content-sha256", "x-amz-checksum-mode", "x-amz-user-agent"] as const;

/** The same object when there is nothing to drop. */
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
 * `host` and every x-amz-* header must be signed, else AccessDenied. A security token is refused: keys here are static
 * ones.
 */
export function checkSignedHeaders(headers: HeaderFields, signed: SignedNames, queryToken: string | undefined): void {
  if (headers["x-amz-security-token"] !== undefined || queryToken !== undefined) throw new S3Error("InvalidToken");
  const missing: string[] = [];
  if (!signed.has("host")) missing.push("host");
  for (const name in headers) if (name.startsWith("x-amz-") && !signed.has(name)) missing.push(name);
  if (missing.length === 0) return;
  throw new S3Error("AccessDenied", {
    message: "There were headers present in the request which were not signed",
    elements: { HeadersNotSigned: missing.join(", ") },
  });
}

/**
 * Presigners put x-amz-* headers into the query, where the signature covers them too: they count as headers, but for
 * those of the signature itself. Throws InvalidArgument for what could be no header, and when the header is there as
 * well and says something else.
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
 * A value of the query that stands for a header. On the wire no header could hold a line break or another control
 * character; the object would keep it, and no reply that repeats it could be sent.
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
 * Runs of blanks as one, none at the ends; an absent header is signed as an empty one. Blanks are spaces and tabs only:
 * what else looks like one is part of the value, so it must be part of what is signed.
 */
export function canonicalValue(value: string | undefined): string {
  if (value === undefined) return "";
  const single = BLANKS.test(value) ? value.replace(/[ \t]+/g, " ") : value;
  return single.startsWith(" ") || single.endsWith(" ") ? single.replace(/^ | $/g, "") : single;
}
