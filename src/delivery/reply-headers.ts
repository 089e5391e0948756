/**
 * Splits a reply's headers for a signed URL: what any S3 service can be told by `response-*`, and what only a node can.
 */
import type { HeaderFields } from "../model.ts";

const OVERRIDES: ReadonlySet<string> = new Set([
  "content-type",
  "content-disposition",
  "content-encoding",
  "content-language",
  "cache-control",
  "expires",
]);
/** The store's own business: it answers the range, and the request, itself. */
const NOT_TOLD: ReadonlySet<string> = new Set([
  "content-length",
  "content-range",
  "accept-ranges",
  "date",
  "connection",
  "server",
  "x-amz-request-id",
  "x-amz-id-2",
]);

export interface SplitReplyHeaders {
  readonly responseOverrides: Readonly<Record<string, string>>;
  readonly replyHeaders: Readonly<Record<string, string>>;
}

/** The client's own `response-*` parameters win over the object's headers. */
export function splitReplyHeaders(reply: HeaderFields, query: URLSearchParams): SplitReplyHeaders {
  const responseOverrides: Record<string, string> = {};
  const replyHeaders: Record<string, string> = {};
  for (const given in reply) {
    const value = reply[given];
    if (value === undefined) continue;
    const name = given.toLowerCase();
    if (OVERRIDES.has(name)) responseOverrides[`response-${name}`] = value;
    else if (!NOT_TOLD.has(name) && !name.startsWith("x-nearbucket-")) replyHeaders[name] = value;
  }
  if (query.size > 0)
    for (const [name, value] of query)
      if (name.startsWith("response-") && OVERRIDES.has(name.slice("response-".length)))
        responseOverrides[name] = value;
  return { responseOverrides, replyHeaders };
}
