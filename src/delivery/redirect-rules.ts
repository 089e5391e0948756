/**
 * The rules, numbered as in docs/redirects.md and asked from the top. Rule 2 (conditions that fail) is answered before
 * a way is looked for, so it has no line here. Each tests plain values, and can say in a sentence what it saw.
 */
import type { RedirectFacts, RedirectTarget } from "./redirect-facts.ts";

export interface Rule {
  readonly rule: string;
  /** Undefined: the next rule is asked. `target`: of no meaning before rule 5 has passed. */
  readonly test: (facts: RedirectFacts, target: RedirectTarget) => "redirect" | "proxy" | undefined;
  /** What `test` saw: a sentence without its full stop. */
  readonly why: (facts: RedirectFacts, target: RedirectTarget) => string;
}

const isAlways = ({ mode }: RedirectFacts) => mode === "always";
const isAsked = ({ override }: RedirectFacts) => override === "always";
const isSigned = ({ authentication }: RedirectFacts) => authentication === "header";
/** Does not decide for a client that sends a bare request there and has the object's headers from the 307. */
const unlessBare = ({ rule, test, why }: Rule): Rule => ({
  rule,
  test: (facts, target) => (facts.bare ? undefined : test(facts, target)),
  why: (facts, target) =>
    facts.bare ? "the client follows with a bare request, and has the headers of the 307" : why(facts, target),
});
const either = (is: boolean, yes: string, no: string) => (is ? yes : no);

export const rules: readonly Rule[] = [
  {
    rule: "0-off",
    test: ({ mode }) => (mode === "off" ? "proxy" : undefined),
    why: ({ mode }) => `the mode is ${mode}: the access key's, else the bucket's, else the gateway's`,
  },
  {
    rule: "0-ending",
    test: ({ ending }) => (ending ? "proxy" : undefined),
    why: ({ ending }) =>
      either(
        ending,
        "less than a second is left of the permission to read",
        "the permission to read lasts long enough for a signed URL",
      ),
  },
  {
    rule: "1-not-plain",
    test: ({ plain }) => (plain ? undefined : "proxy"),
    why: ({ plain }) =>
      either(
        plain,
        "the request is a plain read",
        "the request has a part number, a subresource, a customer's encryption key or a Range that does not count",
      ),
  },
  {
    rule: "3-opt-out",
    test: ({ override }) => (override === "never" ? "proxy" : undefined),
    why: ({ override }) =>
      override === undefined
        ? "the client asks for nothing about redirects"
        : `the client asks for ${override} in a header, a query parameter or its User-Agent`,
  },
  {
    rule: "4-retry",
    test: ({ attempt, repeated }) => (attempt >= 2 || repeated ? "proxy" : undefined),
    why: ({ attempt, repeated }) =>
      attempt >= 2
        ? `the client says that this is its attempt ${attempt}`
        : either(
            repeated,
            "the client got a 307 for the same bytes within the last 10 s, and comes back",
            "nothing says that the client comes back from a redirect",
          ),
  },
  {
    rule: "5-no-public-replica",
    test: ({ target }) => (target === undefined ? "proxy" : undefined),
    why: ({ target }) =>
      either(
        target === undefined,
        "no good copy stands on a backend that this client could be sent to",
        "a good copy stands on a backend that this client could be sent to",
      ),
  },
  {
    rule: "6-host",
    test: (facts, target) =>
      target.downgrade || (target.sameHost && isSigned(facts) && !facts.bare) ? "proxy" : undefined,
    why: (facts, { downgrade, sameHost }) =>
      downgrade
        ? "the client may have come by https, and the backend's public endpoint is http"
        : !sameHost
          ? "the backend's host name is neither the gateway's nor a sub-domain of it"
          : either(
              isSigned(facts) && !facts.bare,
              "the backend's host name is the gateway's or a sub-domain of it, and the client would send its " +
                "Authorization header along",
              "the backend's host name is the gateway's or a sub-domain of it, and no Authorization header comes there",
            ),
  },
  unlessBare({
    rule: "7-security-token",
    test: (facts) =>
      facts.securityToken && (isAlways(facts) || !(isAsked(facts) || facts.family.dropsToken)) ? "proxy" : undefined,
    why: ({ securityToken, family }) =>
      either(
        securityToken,
        `the request has x-amz-security-token, and ${family.name} ` +
          either(family.dropsToken, "does not repeat it on another host", "may repeat it on another host"),
        "the request has no x-amz-security-token",
      ),
  }),
  unlessBare({
    rule: "8-replayed-headers",
    test: ({ amzHeaders }, { replayedHeaders }) => (amzHeaders && replayedHeaders === "strict" ? "proxy" : undefined),
    why: ({ amzHeaders }, { replayedHeaders }) =>
      replayedHeaders === "strict"
        ? "the backend refuses x-amz-* headers that its URL does not sign, and the request has " +
          either(amzHeaders, "some", "none")
        : "the backend bears x-amz-* headers that its URL does not sign",
  }),
  unlessBare({
    rule: "9-date-condition",
    test: ({ dateCondition }, target) => (dateCondition && !target.honoursEmbeddedHeaders ? "proxy" : undefined),
    why: ({ dateCondition }, target) =>
      !dateCondition
        ? "the request has no condition on a date"
        : `the request has a condition on a date, and the backend ${knows(target)} the object's Last-Modified`,
  }),
  unlessBare({
    rule: "10-etag",
    test: (facts, target) =>
      !facts.sameEtag && !target.honoursEmbeddedHeaders && (facts.etagCondition || !(isAsked(facts) || isAlways(facts)))
        ? "proxy"
        : undefined,
    why: ({ sameEtag, etagCondition }, target) =>
      sameEtag
        ? "the backend's ETag is the object's"
        : `the bytes have another ETag of their own than the object, and the backend ${knows(target)} the object's` +
          either(etagCondition, "; the request has a condition on it", ""),
  }),
  {
    rule: "11-attributes",
    test: (facts, target) =>
      facts.ownAttributes && !target.honoursEmbeddedHeaders && !isAsked(facts) && !isAlways(facts)
        ? "proxy"
        : undefined,
    why: ({ ownAttributes }, target) =>
      !ownAttributes
        ? "the object has no metadata, tags, storage class or checksum for the answer to tell"
        : `the answer tells metadata, tags, a storage class or a checksum, and the backend ${knows(target)} them`,
  },
  {
    rule: "12-small",
    test: (facts) => (facts.bytes < facts.minBytes && !isAlways(facts) && !isAsked(facts) ? "proxy" : undefined),
    why: ({ bytes, minBytes }) =>
      `the read has ${bytes} bytes, ${bytes < minBytes ? "fewer" : "not fewer"} than redirect.minBytes ${minBytes}`,
  },
  {
    rule: "13-opt-in",
    test: (facts) => (isAsked(facts) ? "redirect" : undefined),
    why: (facts) => either(isAsked(facts), "the client asks for a redirect", "the client does not ask for a redirect"),
  },
  {
    rule: "14-client",
    test: byClient,
    why(facts) {
      if (!isSigned(facts)) return "the request is not signed in its header";
      if (isAlways(facts)) return "the request is signed in its header, and the mode is always";
      return `the request is signed in its header, and ${facts.family.name} ${conductOf(facts)}`;
    },
  },
  {
    rule: "15-navigation",
    test: ({ authentication, fetchMode }) =>
      fetchMode === "navigate" || fetchMode === "no-cors" || (authentication === "header" && isOther(fetchMode))
        ? "redirect"
        : undefined,
    why: toldByFetchMode,
  },
  {
    rule: "16-cross-origin",
    test(facts, { crossOrigin }) {
      // Browsers that say nothing about themselves sign in the header only from scripts.
      if (facts.fetchMode !== "cors" && !isSigned(facts)) return undefined;
      return crossOrigin || isAlways(facts) ? "redirect" : "proxy";
    },
    why: (facts, { crossOrigin }) =>
      facts.fetchMode !== "cors" && !isSigned(facts)
        ? toldByFetchMode(facts)
        : `a page's script reads, and the backend ${crossOrigin ? "lets" : "does not let"} pages of any origin read`,
  },
  {
    rule: "17-following-agent",
    test: ({ family }, { honoursEmbeddedHeaders }) =>
      family.plain === "follows" || (family.plain === "modified-time" && honoursEmbeddedHeaders)
        ? "redirect"
        : undefined,
    why: ({ family }, target) =>
      `without a signature in the header, ${family.name} ` +
      (family.plain === "modified-time"
        ? `follows redirects, but takes Last-Modified for its own; the backend ${knows(target)} the object's`
        : either(family.plain === "follows", "is known to follow redirects", "is not known to follow redirects")),
  },
  {
    rule: "18-other-agent",
    test: (facts) => (isAlways(facts) ? "redirect" : "proxy"),
    why: ({ mode }) => `nothing more is known of the client, and the mode is ${mode}`,
  },
];

/** Rule 14 and the table of header-signing clients. */
function byClient(facts: RedirectFacts, target: RedirectTarget): "redirect" | "proxy" | undefined {
  if (!isSigned(facts)) return undefined;
  if (isAlways(facts)) return "redirect";
  switch (facts.family.signing) {
    case "follows":
      return "redirect";
    case "modified-time":
      return facts.rclone || target.honoursEmbeddedHeaders ? "redirect" : "proxy";
    case "browser":
      return facts.fromBrowser ? undefined : "proxy";
    case "refuses":
      return "proxy";
  }
}

function conductOf({ family, fromBrowser }: RedirectFacts): string {
  switch (family.signing) {
    case "follows":
      return "is known to follow redirects";
    case "modified-time":
      return "follows, but takes Last-Modified for its own: only nodes, or redirect.rclone, make that right";
    case "browser":
      return either(fromBrowser, "runs in a browser", "does not run in a browser");
    case "refuses":
      return "is not known to follow redirects";
  }
}

function isOther(fetchMode: string | undefined): boolean {
  return fetchMode !== undefined && fetchMode !== "cors";
}

function toldByFetchMode({ fetchMode }: RedirectFacts): string {
  return fetchMode === undefined ? "the request has no Sec-Fetch-Mode" : `Sec-Fetch-Mode is ${fetchMode}`;
}

function knows({ honoursEmbeddedHeaders }: RedirectTarget): string {
  return either(honoursEmbeddedHeaders, "is a node, whose URL carries", "cannot know");
}
