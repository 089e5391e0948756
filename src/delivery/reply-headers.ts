/**
 * The headers of both ways to answer, and those that a signed URL carries for its backend: `response-*` parameters for
 * any S3 service, embedded headers for nodes.
 */
import { isEmbeddable } from "../embedded-headers.ts";
import type { HeaderFields } from "../model.ts";
import { RESPONSE_OVERRIDES } from "../response-overrides.ts";

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
    if (RESPONSE_OVERRIDES.has(`response-${name}`)) responseOverrides[`response-${name}`] = value;
    else if (isEmbeddable(name)) replyHeaders[name] = value;
  }
  if (query.size > 0)
    for (const [name, value] of query) if (RESPONSE_OVERRIDES.has(name)) responseOverrides[name] = value;
  return { responseOverrides, replyHeaders };
}

export interface RedirectReply {
  readonly url: string;
  readonly rule: string;
  readonly region: string;
  /** The gateway's region in S3's sense. */
  readonly bucketRegion: string;
}

export function redirectHeaders({ url, rule, region, bucketRegion }: RedirectReply): Readonly<Record<string, string>> {
  return {
    Location: url,
    "Cache-Control": "no-store",
    "x-nearbucket-served": `redirect; reason=${rule}`,
    "x-nearbucket-region": region,
    "x-amz-bucket-region": bucketRegion,
  };
}

/** `region`: of the first replica; undefined when there is none. */
export function proxyHeaders(rule: string, region: string | undefined): Readonly<Record<string, string>> {
  const served = `proxy; reason=${rule}`;
  return region === undefined
    ? { "x-nearbucket-served": served }
    : { "x-nearbucket-served": served, "x-nearbucket-region": region };
}
