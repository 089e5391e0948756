/** Wrong SigV2 signatures, in the header and in the query. See bad-signatures.ts. */
import {
  ARGUMENT,
  add,
  appended,
  at,
  authorization,
  type BadSignature,
  bad,
  DENIED,
  header,
  MINUTE_MS,
  MISMATCH,
  NOTHING,
  nobody,
  parameter,
  QUERY,
  target,
  UNKNOWN,
  wrongSecret,
} from "./bend-request.ts";
import type { TestRequest } from "./sign.ts";

const inHeader: readonly BadSignature[] = [
  bad("a wrong secret", "v2", MISMATCH, NOTHING, wrongSecret),
  bad("a key that does not exist", "v2", UNKNOWN, NOTHING, nobody),
  bad(
    "another path",
    "v2",
    MISMATCH,
    target((text) => text.replace(/^\/([^?]*)/, "/$1x")),
  ),
  bad("a sub-resource added after signing", "v2", MISMATCH, appended("torrent")),
  bad("an x-amz header added after signing", "v2", MISMATCH, add("x-amz-tagging", "a=b")),
  bad("another content type", "v2", MISMATCH, add("content-type", "text/x-other"), {
    applies: (request) => request.headers?.["content-type"] === undefined,
  }),
  bad("16 minutes late", "v2", [403, "RequestTimeTooSkewed"], NOTHING, { options: at(-16 * MINUTE_MS) }),
  bad(
    "no date",
    "v2",
    DENIED,
    header("date", () => undefined),
  ),
  bad(
    "a date that is none",
    "v2",
    DENIED,
    header("date", () => "Bad Date"),
  ),
  bad(
    "a date before 1970",
    "v2",
    DENIED,
    header("date", () => "Tue, 07 Jul 1950 21:53:04 GMT"),
  ),
  bad(
    "a date at the end of time",
    "v2",
    [403, "RequestTimeTooSkewed"],
    header("date", () => "Tue, 07 Jul 9999 21:53:04 GMT"),
  ),
  bad("an empty x-amz-date beside the date", "v2", DENIED, add("x-amz-date", "")),
  bad(
    "no signature",
    "v2",
    ARGUMENT,
    authorization(() => "AWS HAHAHA"),
  ),
];

const inQuery: readonly BadSignature[] = [
  bad("a wrong secret", "v2-query", MISMATCH, NOTHING, wrongSecret),
  bad("a key that does not exist", "v2-query", UNKNOWN, NOTHING, nobody),
  bad(
    "another path",
    "v2-query",
    MISMATCH,
    target((text) => text.replace("?", "x?")),
  ),
  bad("a sub-resource added after signing", "v2-query", MISMATCH, appended("torrent")),
  bad("a node's reply headers added after signing", "v2-query", MISMATCH, appended("x-nearbucket-reply=e30")),
  bad("a response override added after signing", "v2-query", MISMATCH, appended("response-content-type=text/html")),
  bad(
    "an x-amz parameter added after signing",
    "v2-query",
    MISMATCH,
    appended("x-amz-website-redirect-location=elsewhere"),
  ),
  bad("an x-amz header added after signing", "v2-query", MISMATCH, add("x-amz-tagging", "a=b")),
  bad("expired", "v2-query", DENIED, NOTHING, { options: at(-16 * MINUTE_MS) }),
  bad(
    "a lifetime stretched after signing",
    "v2-query",
    MISMATCH,
    target((text) => text.replace(/Expires=(\d+)/, (_, end) => `Expires=${Number(end) + 86_400}`)),
  ),
  bad("a lifetime of more than a week", "v2-query", QUERY, NOTHING, { request: { expiresIn: 8 * 24 * 3600 } }),
  bad("a parameter it does not cover added after signing", "v2-query", DENIED, appended("prefix=elsewhere")),
  bad("a lifetime that is no number", "v2-query", DENIED, parameter("Expires", "soon")),
  bad("no lifetime", "v2-query", DENIED, parameter("Expires", undefined)),
  bad("no key", "v2-query", DENIED, parameter("AWSAccessKeyId", undefined)),
  bad("a key twice", "v2-query", DENIED, appended("AWSAccessKeyId=root")),
  bad("a version 4 query beside it", "v2-query", ARGUMENT, appended("X-Amz-Algorithm=AWS4-HMAC-SHA256")),
  bad("an Authorization beside it", "v2-query", ARGUMENT, add("authorization", "AWS root:c2lnbmF0dXJl")),
];

/** A listing's own parameters are not covered: whatever else is wrong with it, it is refused for them first. */
const isListing = ({ query }: TestRequest) => typeof query === "object" && "list-type" in query;

export const badV2: readonly BadSignature[] = [
  ...inHeader,
  ...inQuery.map((one) => ({
    ...one,
    applies: (request: TestRequest) => !isListing(request) && (one.applies?.(request) ?? true),
  })),
];
