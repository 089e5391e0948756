/**
 * Reads a Signature Version 2, in the Authorization header or in the query, into a Claim. boto3 and aws-cli v1 still
 * presign with it for a custom endpoint. It covers x-amz-* headers and S3's sub-resources, but no other query parameter
 * and no payload. A presigned URL with another parameter is refused, because anybody could have added it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
import { createHmac } from "node:crypto";
import { EMBEDDED_HEADERS_PARAMETER } from "../embedded-headers.ts";
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";
import { RESPONSE_OVERRIDES } from "../response-overrides.ts";
import type { Claim, SignedRequest } from "./claim.ts";
import { readUnsignedPayloadMode } from "./payload-mode.ts";
import { checkSkew, isoSeconds, MAX_EXPIRES_SECONDS, MAX_SKEW_MS, readRequestTime } from "./request-time.ts";
import { checkHeaderValue, REGIONS_HEADER, withQueryHeaders } from "./signed-headers.ts";

/**
 * Query parameters that are part of the signed text. The signature of a client that knows fewer of them does not match.
 * The last one holds the reply headers that a gateway embeds for a node: nobody may add it to somebody's URL.
 */
const SUB_RESOURCES = new Set(
  `accelerate acl analytics append attributes cors defaultObjectAcl delete encryption intelligent-tiering inventory
   legal-hold lifecycle location logging metrics notification object-lock ownershipControls partNumber policy
   policyStatus publicAccessBlock renameObject replication requestPayment restore retention select select-type session
   storageClass tagging torrent uploadId uploads versionId versioning versions website`
    .split(/\s+/)
    .concat(...RESPONSE_OVERRIDES.keys(), EMBEDDED_HEADERS_PARAMETER),
);

/** `AWS <access key id>:<signature>`. Throws S3Error. */
export function readHeaderClaimV2(request: SignedRequest, authorization: string, now: Date): Claim {
  const credentials = authorization.slice("AWS ".length).trim();
  const colon = credentials.lastIndexOf(":");
  if (colon <= 0 || colon === credentials.length - 1)
    throw new S3Error("InvalidArgument", {
      message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
      elements: { ArgumentName: "Authorization", ArgumentValue: authorization },
    });
  const { headers } = request;
  const date = readRequestTime(headers);
  checkSkew(date, now);
  const [accessKeyId, signature] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return claim(request, headers, "header", {
    accessKeyId,
    signature,
    date: headers["x-amz-date"] === undefined ? date.text : "",
    until: undefined,
  });
}

/** Does the query try to sign the request by SigV2? */
export function isPresignedV2(pairs: readonly (readonly [string, string])[]): boolean {
  return pairs.some(([name]) => name === "AWSAccessKeyId" || name === "Signature");
}

/** For a query that carries a SigV2 signature. Throws S3Error, AccessDenied for a parameter that is not covered. */
export function readPresignedClaimV2(request: SignedRequest, now: Date): Claim {
  const { headers, address } = request;
  const accessKeyId = only(address.pairs, "AWSAccessKeyId");
  const signature = only(address.pairs, "Signature");
  const expires = only(address.pairs, "Expires");
  if (!/^\d{1,12}$/.test(expires))
    throw new S3Error("AccessDenied", { message: `Invalid date (should be seconds since epoch): ${expires}` });
  const end = new Date(Number(expires) * 1000);
  if (now > end)
    throw new S3Error("AccessDenied", {
      message: "Request has expired",
      elements: { Expires: isoSeconds(end), ServerTime: isoSeconds(now) },
    });
  if (end.getTime() > now.getTime() + MAX_EXPIRES_SECONDS * 1000 + MAX_SKEW_MS)
    throw new S3Error("AuthorizationQueryParametersError", {
      message: `Expires must be less than a week (${MAX_EXPIRES_SECONDS} seconds) from now`,
    });
  checkCovered(address.pairs);
  return claim(request, withPresignedHeaders(headers, address.pairs), "presigned", {
    accessKeyId,
    signature,
    date: expires,
    until: end,
  });
}

const OF_THE_SIGNATURE: ReadonlySet<string> = new Set(["AWSAccessKeyId", "Signature", "Expires"]);
/** Headers that botocore signs and then moves into the query. */
const MOVED_HEADERS: ReadonlySet<string> = new Set(["content-type", "content-md5"]);

/**
 * Parameters that begin with `x-` are accepted: x-amz-* parameters are signed as headers, and S3 gives no meaning to
 * the others. All others must be covered: else whoever has a signed URL of a listing could list something else with it.
 */
function checkCovered(pairs: readonly (readonly [string, string])[]): void {
  for (const [name] of pairs)
    if (!SUB_RESOURCES.has(name) && !OF_THE_SIGNATURE.has(name) && !MOVED_HEADERS.has(name) && !/^x-/i.test(name))
      throw new S3Error("AccessDenied", {
        message: `Signature Version 2 does not cover the query parameter ${name}. Please use AWS4-HMAC-SHA256.`,
      });
}

function only(pairs: readonly (readonly [string, string])[], name: string): string {
  const values = pairs.filter((pair) => pair[0] === name);
  const value = values[0]?.[1];
  if (values.length !== 1 || !value)
    throw new S3Error("AccessDenied", {
      message: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    });
  return value;
}

/** botocore moves the headers it signed into the query: they count as headers. */
function withPresignedHeaders(headers: HeaderFields, pairs: readonly (readonly [string, string])[]): HeaderFields {
  const merged: Record<string, string | undefined> = Object.assign(
    Object.create(null),
    withQueryHeaders(headers, pairs),
  );
  for (const [name, value] of pairs) if (MOVED_HEADERS.has(name)) merged[name] ??= checkHeaderValue(name, value);
  return merged;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly signature: string;
  /** The line of the signed text where the date stands. */
  readonly date: string;
  readonly until: Date | undefined;
}

function claim(
  { method, address }: SignedRequest,
  headers: HeaderFields,
  authentication: "header" | "presigned",
  { accessKeyId, signature, date, until }: Credentials,
): Claim {
  if (
    headers["x-amz-security-token"] !== undefined ||
    address.pairs.some(([name]) => name.toLowerCase() === "x-amz-security-token")
  )
    throw new S3Error("InvalidToken");
  if (headers[REGIONS_HEADER] !== undefined)
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      elements: { HeadersNotSigned: REGIONS_HEADER },
    });
  const { "content-md5": md5 = "", "content-type": type = "" } = headers;
  const standard = `${method}\n${md5}\n${type}\n${date}\n${amzHeaders(headers)}`;
  const path = `${address.virtualHost ? `/${address.bucket}` : ""}${address.rawPath}`;
  const query = subResources(address.pairs);
  const stringToSign = `${standard}${path}${query}`;
  // botocore signs a bucket's path with a slash at its end, and sends it without: both mean the same.
  const accepted =
    address.key === undefined && !path.endsWith("/") ? [stringToSign, `${standard}${path}/${query}`] : [stringToSign];
  const payload = readUnsignedPayloadMode(headers);
  return {
    accessKeyId,
    authentication,
    region: undefined,
    until,
    headers,
    stringToSign,
    signature,
    signatures: (secret) => accepted.map((text) => createHmac("sha1", secret).update(text).digest("base64")),
    payload: () => payload,
    canonicalRequest: () => undefined,
  };
}

function amzHeaders(headers: HeaderFields): string {
  const names = Object.keys(headers).filter((name) => name.startsWith("x-amz-"));
  return names
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join("");
}

/**
 * Values are signed decoded. A value that contains `&uploadId=...` would look like a second parameter in the signed
 * text, so that a signed URL for a part could write a whole object. Throws AccessDenied for such a value.
 */
function subResources(pairs: readonly (readonly [string, string])[]): string {
  const signed = pairs.filter(([name]) => SUB_RESOURCES.has(name));
  if (signed.length === 0) return "";
  signed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = signed.map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&");
  const named = text.split("&").filter((part) => SUB_RESOURCES.has(part.split("=", 1)[0] ?? ""));
  if (named.length > signed.length)
    throw new S3Error("AccessDenied", { message: "The value of a sub-resource holds the name of another." });
  return `?${text}`;
}
