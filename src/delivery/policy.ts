/**
 * Redirect or proxy: ONE pure function over plain values. The rules are numbered as in docs/redirects.md, are asked
 * from the top, and the first that decides wins; "passes" means the next rule is asked. Rule 2 (conditions that fail)
 * is answered before a way is looked for, so it has no line here.
 */
import type { AuthenticationKind, RedirectMode } from "../model.ts";
import type { ClientFamily } from "./client-families.ts";

/** The closest replica's backend a client could be sent to. */
export interface RedirectTarget {
  /** From an https request to an http backend. */
  readonly downgrade: boolean;
  /**
   * The backend's host is the request's, or a sub-domain of it: clients then keep their Authorization header. Ports do
   * not count.
   */
  readonly sameHost: boolean;
  readonly replayedHeaders: "tolerate" | "strict";
  /**
   * Answers with the headers embedded in its URL and holds conditions against them, so that attributes, ETag and
   * Last-Modified survive.
   */
  readonly honoursEmbeddedHeaders: boolean;
  /** Its CORS rules let pages of any origin, and of `null`, read. */
  readonly crossOrigin: boolean;
}

export interface RedirectFacts {
  /** The access key's, else the bucket's, else the gateway's. */
  readonly mode: RedirectMode;
  /** Less than a second is left of the permission to read: no URL can live so short. */
  readonly ending: boolean;
  /** A GetObject without part number, subresource or customer key. */
  readonly plain: boolean;
  /** What the request itself says. */
  readonly override: "always" | "never" | undefined;
  /** By `amz-sdk-request`; 1 when nothing is said. */
  readonly attempt: number;
  /** A client not known to follow got a 307 for the same bytes moments ago. */
  readonly repeated: boolean;
  /** Undefined: no healthy whole replica stands where this client may be sent. */
  readonly target: RedirectTarget | undefined;
  readonly authentication: AuthenticationKind;
  readonly securityToken: boolean;
  /** Any `x-amz-*` header at all. */
  readonly amzHeaders: boolean;
  /** If-Modified-Since, If-Unmodified-Since, or If-Range with a date. */
  readonly dateCondition: boolean;
  /** If-Match or If-None-Match, or If-Range with an ETag. */
  readonly etagCondition: boolean;
  /** The backend's ETag is the object's. */
  readonly sameEtag: boolean;
  /**
   * The reply carries what only the gateway knows: user metadata, a version, a storage class, a checksum that was asked
   * for.
   */
  readonly ownAttributes: boolean;
  /** Bytes asked for, and the least worth a second connection. */
  readonly bytes: number;
  readonly minBytes: number;
  readonly family: ClientFamily;
  /** `Sec-Fetch-Mode`. */
  readonly fetchMode: string | undefined;
  /** `Sec-Fetch-*` or `Origin` is there: a browser sends it. */
  readonly fromBrowser: boolean;
  /** redirect.rclone: rclone's modification times do not matter here. */
  readonly rclone: boolean;
}

export interface Verdict {
  readonly kind: "redirect" | "proxy";
  /** The deciding rule, stable: shown in `x-nearbucket-served` and in the metrics. */
  readonly rule: string;
}

export function decide(facts: RedirectFacts): Verdict {
  const { target, override } = facts;
  const always = facts.mode === "always";
  const asked = override === "always";
  if (facts.mode === "off") return proxy("0-off");
  if (facts.ending) return proxy("0-ending");
  if (!facts.plain) return proxy("1-not-plain");
  if (override === "never") return proxy("3-opt-out");
  if (facts.attempt >= 2 || facts.repeated) return proxy("4-retry");
  if (target === undefined) return proxy("5-no-public-replica");
  if (target.downgrade || (target.sameHost && facts.authentication === "header")) return proxy("6-host");
  if (facts.securityToken && (always || !(asked || facts.family.dropsToken))) return proxy("7-security-token");
  if (target.replayedHeaders === "strict" && facts.amzHeaders) return proxy("8-replayed-headers");
  if (facts.dateCondition && !target.honoursEmbeddedHeaders) return proxy("9-date-condition");
  if (!facts.sameEtag && !target.honoursEmbeddedHeaders && (facts.etagCondition || !(asked || always)))
    return proxy("10-etag");
  if (facts.ownAttributes && !target.honoursEmbeddedHeaders && !asked && !always) return proxy("11-attributes");
  if (facts.bytes < facts.minBytes && !always) return proxy("12-small");
  if (asked) return redirect("13-opt-in");
  if (facts.authentication === "header") return always ? redirect("14-client") : byClient(facts, target);
  return byAgent(facts, target, always);
}

/** Rule 14 and the table of header-signing clients. */
function byClient({ family, rclone, fetchMode, fromBrowser }: RedirectFacts, target: RedirectTarget): Verdict {
  switch (family.signing) {
    case "follows":
      return redirect("14-client");
    case "modified-time":
      return rclone || target.honoursEmbeddedHeaders ? redirect("14-client") : proxy("14-client");
    case "browser":
      if (!fromBrowser) return proxy("14-client");
      return fetchMode === undefined || fetchMode === "cors" ? byOrigin(target) : redirect("15-navigation");
    case "refuses":
      return proxy("14-client");
  }
}

/** Rules 15 to 18: the URL is signed, or nothing is. */
function byAgent({ family, fetchMode }: RedirectFacts, target: RedirectTarget, always: boolean): Verdict {
  if (fetchMode === "navigate" || fetchMode === "no-cors") return redirect("15-navigation");
  if (fetchMode === "cors") return always ? redirect("16-cross-origin") : byOrigin(target);
  if (family.plain === "follows") return redirect("17-following-agent");
  return always ? redirect("18-other-agent") : proxy("18-other-agent");
}

function byOrigin(target: RedirectTarget): Verdict {
  return target.crossOrigin ? redirect("16-cross-origin") : proxy("16-cross-origin");
}

function redirect(rule: string): Verdict {
  return { kind: "redirect", rule };
}

function proxy(rule: string): Verdict {
  return { kind: "proxy", rule };
}
