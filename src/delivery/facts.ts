/** What a request says about redirects, read into plain values. Header names come lower-case; nothing here decides. */
import type { HeaderFields, ObjectAttributes, RedirectMode, StoredObject } from "../model.ts";
import type { ClientFamily } from "./client-families.ts";
import type { ReadRequest } from "./read-request.ts";
import type { RedirectFacts, RedirectTarget } from "./redirect-facts.ts";

const OVERRIDE = "x-nearbucket-redirect";
const TOKEN = "nearbucket-redirect/";
/** What the plugins add to the User-Agent (follow.ts). */
const BARE = "nearbucket-follow/1";

export type Override = "always" | "never" | "auto";

/** What is known beside the request itself. */
export interface Circumstances {
  readonly mode: RedirectMode;
  readonly override: Override | undefined;
  readonly family: ClientFamily;
  readonly ending: boolean;
  readonly repeated: boolean;
  readonly target: RedirectTarget | undefined;
  readonly redirect: { readonly minBytes: number; readonly rclone: boolean };
}

// Field by field: rest and spread here cost more than the rest of a redirect, its signature included.
export function gatherFacts(request: ReadRequest, known: Circumstances): RedirectFacts {
  const { headers, object, blob } = request;
  return {
    mode: known.mode,
    override: known.override === "auto" ? undefined : known.override,
    bare: known.override === "always" && followsBare(headers),
    family: known.family,
    ending: known.ending,
    repeated: known.repeated,
    target: known.target,
    plain: request.plain,
    attempt: readAttempt(headers),
    authentication: request.authentication,
    securityToken: headers["x-amz-security-token"] !== undefined,
    amzHeaders: hasAmzHeader(headers),
    dateCondition: hasDateCondition(headers),
    etagCondition: hasEtagCondition(headers),
    sameEtag: object.etag === blob.etag,
    ownAttributes: hasOwnAttributes(object, headers),
    bytes: request.bytes,
    minBytes: known.redirect.minBytes,
    fetchMode: headers["sec-fetch-mode"],
    fromBrowser: isFromBrowser(headers),
    rclone: known.redirect.rclone,
  };
}

/**
 * The client's own word: header before query parameter before User-Agent token. `auto` takes back what the gateway's
 * `always` says.
 */
export function readOverride(headers: HeaderFields, query: URLSearchParams): Override | undefined {
  const said = headers[OVERRIDE] ?? (query.size > 0 ? query.get(OVERRIDE) : null);
  if (said === "always" || said === "never" || said === "auto") return said;
  const agent = `${headers["user-agent"] ?? ""} ${headers["x-amz-user-agent"] ?? ""}`;
  const at = agent.indexOf(TOKEN);
  if (at < 0) return agent.includes(BARE) ? "always" : undefined;
  const token = agent.charAt(at + TOKEN.length);
  return token === "1" ? "always" : token === "0" ? "never" : undefined;
}

/** Whoever follows drops a condition that held, but a range depends on If-Range still. */
function followsBare(headers: HeaderFields): boolean {
  if (headers["if-range"] !== undefined) return false;
  return [headers["user-agent"], headers["x-amz-user-agent"]].some((agent) => agent?.includes(BARE) === true);
}

/** `amz-sdk-request: attempt=2; max=3`; 1 when the SDK says nothing. */
export function readAttempt(headers: HeaderFields): number {
  const said = headers["amz-sdk-request"];
  return said === undefined ? 1 : Number(/(?:^|;)\s*attempt=(\d+)/.exec(said)?.[1] ?? 1);
}

/** Browsers may not set User-Agent, so SDKs name themselves in `x-amz-user-agent` there. */
export function readAgent(headers: HeaderFields): string | undefined {
  return headers["x-amz-user-agent"] ?? headers["user-agent"];
}

function hasDateCondition(headers: HeaderFields): boolean {
  return (
    headers["if-modified-since"] !== undefined ||
    headers["if-unmodified-since"] !== undefined ||
    ifRange(headers) === "date"
  );
}

function hasEtagCondition(headers: HeaderFields): boolean {
  return headers["if-match"] !== undefined || headers["if-none-match"] !== undefined || ifRange(headers) === "etag";
}

function ifRange(headers: HeaderFields): "date" | "etag" | undefined {
  const value = headers["if-range"];
  if (value === undefined) return undefined;
  return /^(W\/)?"/.test(value) ? "etag" : "date";
}

function hasAmzHeader(headers: HeaderFields): boolean {
  for (const name in headers) if (name.startsWith("x-amz-")) return true;
  return false;
}

function isFromBrowser(headers: HeaderFields): boolean {
  return headers["origin"] !== undefined || headers["sec-fetch-mode"] !== undefined;
}

/** Does the reply carry something that a blob on a foreign store cannot know? */
function hasOwnAttributes(object: StoredObject, headers: HeaderFields): boolean {
  if (object.versionId !== "null" || isMarked(object.attributes)) return true;
  return object.checksum !== undefined && headers["x-amz-checksum-mode"]?.toUpperCase() === "ENABLED";
}

function isMarked({ metadata, tags, storageClass, websiteRedirectLocation }: ObjectAttributes): boolean {
  for (const _name in metadata) return true;
  return tags !== undefined || (storageClass ?? "STANDARD") !== "STANDARD" || websiteRedirectLocation !== undefined;
}
