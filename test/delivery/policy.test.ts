import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/delivery/client-families.ts";
import { decide, trace } from "../../src/delivery/policy.ts";
import type { RedirectFacts, RedirectTarget } from "../../src/delivery/redirect-facts.ts";

const minio: RedirectTarget = {
  downgrade: false,
  sameHost: false,
  replayedHeaders: "tolerate",
  honoursEmbeddedHeaders: false,
  crossOrigin: false,
};
const node: RedirectTarget = { ...minio, honoursEmbeddedHeaders: true };
const MIB = 1024 ** 2;

/** A big plain read by a proven follower: redirected by rule 14. */
const follower: RedirectFacts = {
  mode: "auto",
  ending: false,
  plain: true,
  override: undefined,
  bare: false,
  attempt: 1,
  repeated: false,
  target: minio,
  authentication: "header",
  securityToken: false,
  amzHeaders: true,
  dateCondition: false,
  etagCondition: false,
  sameEtag: true,
  ownAttributes: false,
  bytes: 8 * MIB,
  minBytes: MIB,
  family: familyOf("aws-sdk-go/1.44.298 (go1.20; linux; amd64)"),
  fetchMode: undefined,
  fromBrowser: false,
  rclone: false,
};

type Change = Partial<RedirectFacts>;

const asked: Change = { override: "always" };
/** Asks for a redirect, and follows with a request of its own. */
const bare: Change = { ...asked, bare: true };
const boto: Change = { family: familyOf("Boto3/1.43 md/Botocore#1.43") };
const rclone: Change = { family: familyOf("rclone/v1.76.0") };
const presigned = (userAgent: string | undefined): Change => ({
  authentication: "presigned",
  amzHeaders: false,
  family: familyOf(userAgent),
});
const to = (change: Partial<RedirectTarget>): Change => ({ target: { ...minio, ...change } });

/** What, the change to the follower, the answer in auto, the answer in always. */
const cases: readonly (readonly [string, Change, string, string])[] = [
  ["a permission that is about to end", { ending: true, override: "always" }, "proxy 0-ending", "proxy 0-ending"],
  ["a read that is not plain", { plain: false, ...asked }, "proxy 1-not-plain", "proxy 1-not-plain"],
  ["an opt-out", { override: "never" }, "proxy 3-opt-out", "proxy 3-opt-out"],
  ["a second attempt, even asked for", { attempt: 2, ...asked }, "proxy 4-retry", "proxy 4-retry"],
  ["a read sent away moments ago", { repeated: true }, "proxy 4-retry", "proxy 4-retry"],
  [
    "no store with a public door",
    { target: undefined, ...asked },
    "proxy 5-no-public-replica",
    "proxy 5-no-public-replica",
  ],
  ["https to http", { ...to({ downgrade: true }), ...asked }, "proxy 6-host", "proxy 6-host"],
  [
    "a store on the same host with a signing header",
    { ...to({ sameHost: true }), ...asked },
    "proxy 6-host",
    "proxy 6-host",
  ],
  [
    "a store on the same host without one",
    { ...to({ sameHost: true }), ...presigned("Go-http-client/1.1") },
    "redirect 17-following-agent",
    "redirect 17-following-agent",
  ],
  ["a session token", { securityToken: true }, "proxy 7-security-token", "proxy 7-security-token"],
  ["a session token, asked for", { securityToken: true, ...asked }, "redirect 13-opt-in", "proxy 7-security-token"],
  [
    "a session token from rclone 1.75 to a node",
    { securityToken: true, ...rclone, target: node },
    "redirect 14-client",
    "proxy 7-security-token",
  ],
  [
    "a session token from rclone before 1.75",
    { securityToken: true, family: familyOf("rclone/v1.60.1") },
    "proxy 7-security-token",
    "proxy 7-security-token",
  ],
  [
    "a strict store and x-amz headers",
    { ...to({ replayedHeaders: "strict" }), ...asked },
    "proxy 8-replayed-headers",
    "proxy 8-replayed-headers",
  ],
  [
    "a strict store and none",
    { ...to({ replayedHeaders: "strict" }), ...presigned("python-requests/2.31") },
    "redirect 17-following-agent",
    "redirect 17-following-agent",
  ],
  ["a date condition", { dateCondition: true, ...asked }, "proxy 9-date-condition", "proxy 9-date-condition"],
  ["another ETag there", { sameEtag: false }, "proxy 10-etag", "redirect 14-client"],
  ["another ETag there, asked for", { sameEtag: false, ...asked }, "redirect 13-opt-in", "redirect 13-opt-in"],
  [
    "another ETag there and If-Match, asked for",
    { sameEtag: false, etagCondition: true, ...asked },
    "proxy 10-etag",
    "proxy 10-etag",
  ],
  ["the same ETag and If-Match", { etagCondition: true }, "redirect 14-client", "redirect 14-client"],
  [
    "another ETag on a node that is told ours",
    { sameEtag: false, target: node },
    "redirect 14-client",
    "redirect 14-client",
  ],
  [
    "another ETag on such a node and If-Match",
    { sameEtag: false, etagCondition: true, target: node },
    "redirect 14-client",
    "redirect 14-client",
  ],
  [
    "a date condition on such a node",
    { dateCondition: true, target: node },
    "redirect 14-client",
    "redirect 14-client",
  ],
  ["own attributes", { ownAttributes: true }, "proxy 11-attributes", "redirect 14-client"],
  ["own attributes, asked for", { ownAttributes: true, ...asked }, "redirect 13-opt-in", "redirect 13-opt-in"],
  [
    "own attributes on a node that is told them",
    { ownAttributes: true, target: node },
    "redirect 14-client",
    "redirect 14-client",
  ],
  ["few bytes", { bytes: MIB - 1 }, "proxy 12-small", "redirect 14-client"],
  ["few bytes, asked for", { bytes: 4096, ...asked }, "redirect 13-opt-in", "redirect 13-opt-in"],
  ["https to http, for a bare request", { ...to({ downgrade: true }), ...bare }, "proxy 6-host", "proxy 6-host"],
  ...(
    [
      ["a store on the same host", to({ sameHost: true })],
      ["a session token", { securityToken: true }],
      ["a strict store", to({ replayedHeaders: "strict" })],
      ["a date condition", { dateCondition: true }],
      ["another ETag there and If-Match", { sameEtag: false, etagCondition: true }],
      ["own attributes", { ownAttributes: true }],
    ] as const
  ).map(
    ([what, change]) =>
      [`${what}, for a bare request`, { ...change, ...bare }, "redirect 13-opt-in", "redirect 13-opt-in"] as const,
  ),
  ["a big read by a follower", {}, "redirect 14-client", "redirect 14-client"],
  ["boto3", boto, "proxy 14-client", "redirect 14-client"],
  ["boto3, asked for", { ...boto, ...asked }, "redirect 13-opt-in", "redirect 13-opt-in"],
  ["no User-Agent, signing", { family: familyOf(undefined) }, "proxy 14-client", "redirect 14-client"],
  ["rclone, to a store with its own times", rclone, "proxy 14-client", "redirect 14-client"],
  ["rclone, where times do not matter", { ...rclone, rclone: true }, "redirect 14-client", "redirect 14-client"],
  ["rclone, to a node that is told the time", { ...rclone, target: node }, "redirect 14-client", "redirect 14-client"],
  ["the JavaScript SDK on Node", { family: familyOf("aws-sdk-js/3.100") }, "proxy 14-client", "redirect 14-client"],
  [
    "the JavaScript SDK in a page",
    { family: familyOf("aws-sdk-js/3.100"), fromBrowser: true, fetchMode: "cors" },
    "proxy 16-cross-origin",
    "redirect 14-client",
  ],
  [
    "the JavaScript SDK in a page, to a store open to pages",
    { ...to({ crossOrigin: true }), family: familyOf("aws-sdk-js/3.100"), fromBrowser: true },
    "redirect 16-cross-origin",
    "redirect 14-client",
  ],
  [
    "a navigation",
    { ...presigned("Mozilla/5.0"), fetchMode: "navigate" },
    "redirect 15-navigation",
    "redirect 15-navigation",
  ],
  [
    "an image",
    { ...presigned("Mozilla/5.0"), fetchMode: "no-cors" },
    "redirect 15-navigation",
    "redirect 15-navigation",
  ],
  [
    "a page's fetch",
    { ...presigned("Mozilla/5.0"), fetchMode: "cors" },
    "proxy 16-cross-origin",
    "redirect 16-cross-origin",
  ],
  [
    "a page's fetch, to a store open to pages",
    { ...presigned("Mozilla/5.0"), fetchMode: "cors", ...to({ crossOrigin: true }) },
    "redirect 16-cross-origin",
    "redirect 16-cross-origin",
  ],
  [
    "python-requests on a signed URL",
    presigned("python-requests/2.31"),
    "redirect 17-following-agent",
    "redirect 17-following-agent",
  ],
  ["Wget, to a store with its own times", presigned("Wget/1.21"), "proxy 18-other-agent", "redirect 18-other-agent"],
  [
    "Wget, to a node that is told the time",
    { ...presigned("Wget/1.21"), target: node },
    "redirect 17-following-agent",
    "redirect 17-following-agent",
  ],
  ["curl on a signed URL", presigned("curl/8.14.1"), "proxy 18-other-agent", "redirect 18-other-agent"],
  [
    "curl on a signed URL, asked for",
    { ...presigned("curl/8.14.1"), ...asked },
    "redirect 13-opt-in",
    "redirect 13-opt-in",
  ],
  ["nobody on a signed URL", presigned(undefined), "proxy 18-other-agent", "redirect 18-other-agent"],
];

describe("decide", () => {
  it.each(cases)("%s", (_what, change, auto, always) => {
    const answers = (["auto", "always", "off"] as const).map((mode) => {
      const { kind, rule } = decide({ ...follower, ...change, mode });
      return `${kind} ${rule}`;
    });
    expect(answers).toEqual([auto, always, "proxy 0-off"]);
  });
});

describe("trace", () => {
  it.each(cases)("%s: ends with the rule that decides", (_what, change, auto, always) => {
    const answers = (["auto", "always", "off"] as const).map((mode) => {
      const last = trace({ ...follower, ...change, mode }).at(-1);
      return `${last?.outcome} ${last?.rule}`;
    });
    expect(answers).toEqual([auto, always, "proxy 0-off"]);
  });

  it("tells each rule that was asked, in order, and each fact once", () => {
    const steps = trace({ ...follower, ...presigned("curl/8.14.1") });
    const numbers = steps.map(({ rule }) => Number.parseInt(rule, 10));
    expect(numbers).toEqual([0, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    expect(steps.slice(0, -1).every(({ outcome }) => outcome === "passes")).toBe(true);
    expect(steps.filter(({ why }) => why.trim() === "")).toEqual([]);
  });

  it.each([
    ["12-small", { bytes: 3, minBytes: 65_536 }, "the read has 3 bytes, fewer than redirect.minBytes 65536"],
    ["14-client", boto, "the request is signed in its header, and boto3 is not known to follow redirects"],
    ["4-retry", { attempt: 2 }, "the client says that this is its attempt 2"],
    ["6-host", to({ downgrade: true }), "the client may have come by https, and the backend's public endpoint is http"],
    [
      "10-etag",
      { sameEtag: false, etagCondition: true },
      "the bytes have another ETag of their own than the object, and the backend cannot know the object's; " +
        "the request has a condition on it",
    ],
  ] as const)("%s names the fact", (rule, change, why) => {
    expect(trace({ ...follower, ...change }).at(-1)).toEqual({ rule, outcome: "proxy", why });
  });

  it("says another thing of a rule that passes than of one that decides", () => {
    const passed = new Map(trace({ ...follower, ...presigned("curl/8") }).map(({ rule, why }) => [rule, why]));
    for (const [, change] of cases) {
      const last = trace({ ...follower, ...change }).at(-1);
      if (last !== undefined && last.rule !== "18-other-agent") expect(passed.get(last.rule)).not.toBe(last.why);
    }
  });
});
