// Every parser of client text takes linear time. Each one in the table gets runs and mixtures of the characters that
// slow parsers down; a text four times as long may take at most nine times as long. A new parser is one line here.
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ChunkedDecoder } from "../../src/auth/aws-chunked.ts";
import { readHeaderClaimV2, readPresignedClaimV2 } from "../../src/auth/claim-v2.ts";
import { readHeaderClaim, readPresignedClaim } from "../../src/auth/claim-v4.ts";
import { incomingBody } from "../../src/auth/incoming-body.ts";
import { readPayloadMode } from "../../src/auth/payload-mode.ts";
import { readRequestTime } from "../../src/auth/request-time.ts";
import { canonicalValue } from "../../src/auth/signed-headers.ts";
import { bareEtag, parseErrorDocument } from "../../src/backends/s3/faults.ts";
import { corsHeaders } from "../../src/cors-rules.ts";
import { clientReader, readClaimedPlace } from "../../src/delivery/client.ts";
import { familyOf } from "../../src/delivery/client-families.ts";
import { readAttempt, readOverride } from "../../src/delivery/facts.ts";
import { S3Error } from "../../src/errors.ts";
import { publicAddress } from "../../src/geography/public-address.ts";
import { readProxyHeader } from "../../src/http/proxy-header.ts";
import type { HeaderFields } from "../../src/model.ts";
import { readDeleteCondition } from "../../src/operations/delete-condition.ts";
import { route } from "../../src/operations/route.ts";
import { operations } from "../../src/operations/table.ts";
import { readAclHeaders } from "../../src/protocol/acl.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { readUploadChecksum } from "../../src/protocol/checksum-headers.ts";
import { checkReadConditions, ifRangeHolds, readWriteCondition } from "../../src/protocol/conditions.ts";
import { parseCopySource } from "../../src/protocol/copy-source.ts";
import { refuseEncryption } from "../../src/protocol/encryption-headers.ts";
import { readContinuationToken, readEncoding, readLimit } from "../../src/protocol/list-query.ts";
import { readAttributes } from "../../src/protocol/object-headers.ts";
import { readCopySourceRange, readPartNumber, readRange } from "../../src/protocol/range.ts";
import { readRawHeaders } from "../../src/protocol/raw-headers.ts";
import { readClaims } from "../../src/protocol/read-claims.ts";
import { overrideHeaders, readEmbeddedHeaders } from "../../src/protocol/reply-headers.ts";
import { readTaggingHeader } from "../../src/protocol/tags.ts";
import { encodePath } from "../../src/signature-v4.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const OBJECT = { etag: "0123", modifiedAt: NOW };
const V4 = "AWS4-HMAC-SHA256";
const CREDENTIAL = "KEY/20261122/us-east-1/s3/aws4_request";

const requestOf = (headers: HeaderFields, target = "/bucket/key") => ({
  method: "PUT",
  address: parseAddress(target, undefined, []),
  headers: { "x-amz-date": "20261122T120000Z", "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...headers },
});
const signedV4 = (authorization: string, headers: HeaderFields) =>
  readHeaderClaim(requestOf(headers), authorization, undefined, NOW);
const presignedV4 = (query: string, headers: HeaderFields = {}) =>
  readPresignedClaim({ ...requestOf({}, `/bucket/key?${query}`), headers }, undefined, NOW);
const PAGE_RULE = { allowedMethods: ["GET"], allowedHeaders: ["a*", "x-amz-*", "*"] } as const;
const PAGE_RULES = ["a*b", "*a", "a*", "https://*"].map((origin) => ({ ...PAGE_RULE, allowedOrigins: [origin] }));
const query = (name: string, value: string) => new URLSearchParams([[name, value]]);
const trailer = (text: string) => {
  const decoder = new ChunkedDecoder({ signing: undefined, trailer: true, announced: ["a"], length: 0 });
  decoder.write(Buffer.from(`0\r\n${text}\r\n\r\n`, "latin1"), () => {});
  decoder.end();
};
const body = (headers: HeaderFields) =>
  incomingBody(Readable.from([]), {
    payload: { kind: "chunked", signing: undefined, trailer: true },
    headers: { "x-amz-decoded-content-length": "0", ...headers },
    writeContinue: undefined,
  });
const noBody = { sha256: undefined, announcedTrailers: [], trailers: () => ({}) };
const read = clientReader({ trustedProxies: ["127.0.0.0/8"] });
const throughProxy = (headers: HeaderFields) => read({ address: "127.0.0.1", secure: false }, headers);
const routed = route(operations);
/** Another text each time, for readers that remember. */
let turn = 0;
const another = (text: string) => `${text}${turn++}`;
/** As many names as the text has room for. */
const namesIn = (text: string) => Array.from({ length: text.length >> 4 }, (_, index) => `x-amz-meta-${index}`);

/** What reads -> how it is given the text. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "request target": (text) => parseAddress(`/bucket/${text}`, undefined, []),
  "request target, absolute": (text) => parseAddress(`http://${text}`, "host", []),
  query: (text) => parseAddress(`/bucket?${text}`, undefined, []),
  Host: (text) => parseAddress("/", `a${text}`, ["example.com"]),
  "raw headers": (text) => readRawHeaders(["x-amz-meta-a", text, "x-amz-meta-a", text]),
  "raw headers, many": (text) => readRawHeaders(namesIn(text).flatMap(() => ["x-amz-meta-a", "1"])),
  "route by query": (text) => routed("GET", parseAddress(`/bucket/key?${text}`, undefined, []), {}),
  "canonical path": (text) => encodePath(text),
  "canonical value": (text) => canonicalValue(`a${text}b`),
  "Authorization v4": (text) => signedV4(`${V4} ${text}`, {}),
  "Authorization v4, Credential": (text) =>
    signedV4(`${V4} Credential=${text},SignedHeaders=host,Signature=0`, { host: "h" }),
  "Authorization v4, SignedHeaders": (text) =>
    signedV4(
      `${V4} Credential=${CREDENTIAL},SignedHeaders=host;x-amz-content-sha256;x-amz-date;a;${text},Signature=0`,
      {
        host: text,
        a: text,
      },
    ),
  "Authorization v4, many signed": (text) => {
    const names = namesIn(text);
    const signed = ["host", "x-amz-content-sha256", "x-amz-date", ...names].join(";");
    const headers = Object.fromEntries(names.map((name) => [name, "1"]));
    return signedV4(`${V4} Credential=${CREDENTIAL},SignedHeaders=${signed},Signature=0`, { host: "h", ...headers });
  },
  "presigned v4": (text) => presignedV4(`X-Amz-Algorithm=${V4}&X-Amz-Credential=${text}`),
  "presigned v4, SignedHeaders": (text) =>
    presignedV4(
      `X-Amz-Algorithm=${V4}&X-Amz-Credential=${CREDENTIAL}&X-Amz-Date=20261122T120000Z&X-Amz-Expires=60` +
        `&X-Amz-Signature=0&X-Amz-SignedHeaders=host;a;${encodeURIComponent(text)}`,
      { host: text, a: text },
    ),
  "presigned v4, headers in the query": (text) =>
    presignedV4(
      `X-Amz-Algorithm=${V4}&X-Amz-Credential=${CREDENTIAL}&X-Amz-Date=20261122T120000Z&X-Amz-Expires=60` +
        `&X-Amz-Signature=0&X-Amz-SignedHeaders=host&${namesIn(text).join("&")}`,
      { host: "h" },
    ),
  "Authorization v2": (text) => readHeaderClaimV2(requestOf({}), `AWS ${text}:${text}`, NOW),
  "Authorization v2, signed headers": (text) =>
    readHeaderClaimV2(requestOf({ "x-amz-meta-a": text }, `/bucket/key?${text}`), "AWS key:signature", NOW),
  "presigned v2": (text) =>
    readPresignedClaimV2(requestOf({}, `/bucket/key?AWSAccessKeyId=a&Signature=b&Expires=1795348801&${text}`), NOW),
  "presigned v2, Expires": (text) =>
    readPresignedClaimV2(requestOf({}, `/bucket/key?AWSAccessKeyId=a&Signature=b&Expires=${text}`), NOW),
  "x-amz-content-sha256": (text) => readPayloadMode(text, undefined),
  Date: (text) => readRequestTime({ date: text }),
  "x-amz-trailer": (text) => body({ "x-amz-trailer": text }),
  "x-amz-decoded-content-length": (text) => body({ "x-amz-decoded-content-length": `1${text}` }),
  trailer: (text) => trailer(text.slice(0, 8000)),
  "trailer, value": (text) => trailer(`a:${text.slice(0, 8000)}`),
  "trailer, name": (text) => trailer(`a${text.slice(0, 8000)}`),
  "x-amz-grant-read": (text) => readAclHeaders({ "x-amz-grant-read": text }, "bucket"),
  "x-amz-grant-read, value": (text) => readAclHeaders({ "x-amz-grant-read": `id=${text}` }, "bucket"),
  "x-amz-grant-read, list": (text) => readAclHeaders({ "x-amz-grant-read": `id="a"${text},id=${text}` }, "bucket"),
  "x-amz-acl": (text) => readAclHeaders({ "x-amz-acl": text }, "object"),
  "x-amz-checksum-algorithm": (text) => readUploadChecksum({ "x-amz-checksum-algorithm": text }),
  "Content-MD5": (text) => readClaims({ "content-md5": text }, noBody),
  "If-Match": (text) => checkReadConditions({ "if-match": text }, OBJECT),
  "If-None-Match": (text) => readWriteCondition({ "if-none-match": text }),
  "If-Modified-Since": (text) => checkReadConditions({ "if-modified-since": text }, OBJECT),
  "If-Range": (text) => ifRangeHolds(text, OBJECT),
  Range: (text) => readRange(`bytes=${text}`, 100),
  "x-amz-copy-source-range": (text) => readCopySourceRange(`bytes=${text}`, 100),
  "x-amz-copy-source": (text) => parseCopySource(`/bucket/${text}`),
  "x-amz-tagging": (text) => readTaggingHeader({ "x-amz-tagging": text }),
  "x-amz-meta-*": (text) => readAttributes({ "x-amz-meta-a": text }),
  "Content-Encoding": (text) => readAttributes({ "content-encoding": `aws-chunked${text}` }),
  "x-amz-website-redirect-location": (text) => readAttributes({ "x-amz-website-redirect-location": text }),
  "SSE-C": (text) =>
    refuseEncryption({
      "x-amz-server-side-encryption-customer-algorithm": "AES256",
      "x-amz-server-side-encryption-customer-key": text,
    }),
  "x-amz-if-match-last-modified-time": (text) => readDeleteCondition({ etag: text, size: undefined, modifiedAt: text }),
  "max-keys": (text) => readLimit(query("max-keys", text), "max-keys"),
  Origin: (text) => corsHeaders(PAGE_RULES, { origin: text, method: "GET", headers: undefined }),
  "Access-Control-Request-Headers": (text) =>
    corsHeaders(PAGE_RULES, { origin: "https://a", method: "GET", headers: text }),
  "CORS rule": (text) =>
    corsHeaders([{ ...PAGE_RULE, allowedOrigins: [text] }], { origin: text, method: "GET", headers: undefined }),
  "encoding-type": (text) => readEncoding(query("encoding-type", text)),
  "continuation-token": (text) => readContinuationToken(query("continuation-token", text)),
  partNumber: (text) => readPartNumber(query("partNumber", text)),
  "response-*": (text) => overrideHeaders({}, query("response-content-type", text), false),
  "x-nearbucket-reply": (text) =>
    readEmbeddedHeaders(query("x-nearbucket-reply", Buffer.from(`{"etag":"${text}"}`).toString("base64url"))),
  "X-Forwarded-For": (text) => throughProxy({ "x-forwarded-for": text }),
  "X-Forwarded-For, one hop": (text) => throughProxy({ "x-forwarded-for": `1${text}:1` }),
  Forwarded: (text) => throughProxy({ forwarded: text }),
  "Forwarded, many hops": (text) => throughProxy({ forwarded: `${"for=a,".repeat(text.length / 8)}for=b` }),
  "Forwarded, quoted": (text) => throughProxy({ forwarded: `for="${text}";proto=http` }),
  "X-Forwarded-Proto": (text) => throughProxy({ "x-forwarded-proto": text }),
  "Forwarded, for": (text) => throughProxy({ forwarded: `for${text}="${text}` }),
  "an address to be placed": (text) => publicAddress(`2001:${text}`),
  "PROXY protocol, version 1": (text) => readProxyHeader(Buffer.from(`PROXY TCP4 ${text}\r\n`)),
  "PROXY protocol, version 2": (text) => readProxyHeader(Buffer.from(`\r\n\r\n\0\r\nQUIT\n${text}`)),
  "x-nearbucket-client": (text) => readClaimedPlace({ "x-nearbucket-client": `1${text},1` }, true),
  "User-Agent": (text) => familyOf(another(text)),
  "User-Agent, version": (text) => familyOf(`object_store/${another(text)}`),
  "User-Agent, switch": (text) => readOverride({ "user-agent": text }, new URLSearchParams()),
  "amz-sdk-request": (text) => readAttempt({ "amz-sdk-request": text }),
  "a backend's error document": (text) => parseErrorDocument(`<Error><Code>${text}<Code>${text}`),
  "a backend's ETag": (text) => bareEtag(text),
};

/** Runs of one character, and mixtures: what regular expressions and loops over lists stumble over. */
const PIECES = [
  ...' \t",=\r\n%;/&+:.-?<()[a0',
  " ,",
  "a,",
  ', "',
  "a=",
  "a;",
  "host;",
  ";a",
  '=" ',
  " \r",
  '" ',
  "%2",
  "%20",
  "a/",
  "..",
  "a.a-",
  "1.",
  "1:",
  "::1",
  ";for=",
  "&a=b",
  "acl&",
  "a(",
  "Jan 1 ",
  "\u00e9",
  'W/"',
  "id=",
  "id=a,",
  'id="",',
  "<Code>",
];
const SHAPES = PIECES.flatMap((piece) => [
  (size: number) => piece.repeat(size / piece.length),
  (size: number) => `${piece.repeat(size / piece.length)}"X`,
  (size: number) => `${piece.repeat(size / piece.length)}\rX`,
]);

const SHORTEST = 2 ** 10;
const LONGEST = 2 ** 14;
/** What is quicker than this is not worth judging, and cannot be told from noise. */
const FLOOR_MS = 0.5;
/** Linear is four times, square is sixteen: what a collector of garbage adds to a longer run lies far from both. */
const LONGER = 4;
const MOST_TIMES = 9;

/** The least of a few runs, in milliseconds; one that takes long is enough. */
function timeOf(read: (text: string) => unknown, text: string, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs && (run === 0 || least < 200); run++) {
    const started = performance.now();
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
    }
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

/** Undefined: linear. Else the first text that took too long beside one a quarter as long, measured again to be sure. */
function steepest(read: (text: string) => unknown, shape: (size: number) => string): string | undefined {
  // Most readers need no longer look: even the longest text is read in less than the floor.
  if (timeOf(read, shape(SHORTEST), 1) < FLOOR_MS && timeOf(read, shape(LONGEST), 1) < FLOOR_MS) return undefined;
  let before = Number.POSITIVE_INFINITY;
  for (let size = SHORTEST; size <= LONGEST; size *= LONGER) {
    let now = timeOf(read, shape(size), 3);
    for (let again = 0; again < 3 && now > FLOOR_MS && now > MOST_TIMES * before && now < 1000; again++) {
      before = Math.max(before, timeOf(read, shape(size / LONGER), 10));
      now = Math.min(now, timeOf(read, shape(size), 10));
    }
    if (now > FLOOR_MS && now > MOST_TIMES * before)
      return `${JSON.stringify(shape(16))}...: ${before.toFixed(2)} ms, and ${now.toFixed(2)} ms for ${size} bytes`;
    before = now;
  }
  return undefined;
}

describe("four times the text takes at most nine times as long", () => {
  it.each(Object.entries(READERS))("%s", { timeout: 120_000 }, (_name, read) => {
    for (const shape of SHAPES) expect(steepest(read, shape)).toBeUndefined();
  });
});
