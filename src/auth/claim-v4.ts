/**
 * Signature Version 4 on a request, in the Authorization header or in the query, read into a Claim. Every x-amz-*
 * header must be signed. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html and
 * sigv4-query-string-auth.html
 */
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";
import {
  ALGORITHM,
  type CanonicalRequest,
  canonicalQuery,
  canonicalText,
  EMPTY_SHA256,
  encodePath,
  hmacHex,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "../signature-v4.ts";
import type { Claim, SignedRequest } from "./claim.ts";
import { type Credential, checkCredentialDay, parseCredential } from "./credential-scope.ts";
import { type PayloadMode, readPayloadMode, sigV4aRefused } from "./payload-mode.ts";
import { readPresigned } from "./presigned-v4.ts";
import { checkSkew, readRequestTime } from "./request-time.ts";
import {
  canonicalValue,
  checkSignedHeaders,
  parseSignedNames,
  type SignedNames,
  withoutReplayed,
  withQueryHeaders,
} from "./signed-headers.ts";

/** A signature from either place. */
interface Parsed {
  readonly authentication: "header" | "presigned";
  readonly credential: Credential;
  readonly timestamp: string;
  readonly until: Date | undefined;
  readonly signedNames: SignedNames;
  readonly signature: string;
  readonly payload: string;
  readonly query: string;
  /** Signed, or of no meaning to S3. */
  readonly headers: HeaderFields;
  /** `headers` and what the query says in a header's place. */
  readonly effective: HeaderFields;
}

/** `authorization`: the header's value, known to begin with `AWS4-HMAC-SHA256`. Throws S3Error. */
export function readHeaderClaim(
  request: SignedRequest,
  authorization: string,
  region: string | undefined,
  now: Date,
): Claim {
  const { headers, address, method } = request;
  const parts = parseAuthorization(authorization);
  const credential = parseCredential(parts.Credential, "header", region);
  const date = readRequestTime(headers);
  checkCredentialDay(credential, date.timestamp, "header");
  checkSkew(date, now);
  const signedNames = parseSignedNames(parts.SignedHeaders);
  if (signedNames === undefined) throw malformed("SignedHeaders names a header twice.");
  checkSignedHeaders(headers, signedNames, undefined);
  // S3 always requires it. curl before version 8 signs the empty body of a read without sending this header.
  const payload = headers["x-amz-content-sha256"] ?? (method === "GET" || method === "HEAD" ? EMPTY_SHA256 : undefined);
  if (payload === undefined)
    throw new S3Error("InvalidRequest", { message: "Missing required header for this request: x-amz-content-sha256" });
  return claim(method, encodePath(address.path), {
    authentication: "header",
    credential,
    timestamp: date.timestamp,
    until: undefined,
    signedNames,
    signature: parts.Signature,
    payload,
    query: address.pairs.length === 0 ? "" : canonicalQuery(address.pairs),
    headers,
    effective: headers,
  });
}

/** For a query that carries a SigV4 signature. Throws S3Error. */
export function readPresignedClaim(request: SignedRequest, region: string | undefined, now: Date): Claim {
  const { headers, address, method } = request;
  const presigned = readPresigned(address.pairs, region, now);
  const reads = method === "GET" || method === "HEAD";
  const believed = reads ? withoutReplayed(headers, presigned.signedNames) : headers;
  checkSignedHeaders(believed, presigned.signedNames, presigned.securityToken);
  return claim(method, encodePath(address.path), {
    authentication: "presigned",
    credential: presigned.credential,
    timestamp: presigned.timestamp,
    until: presigned.until,
    signedNames: presigned.signedNames,
    signature: presigned.signature,
    payload: presigned.payload ?? believed["x-amz-content-sha256"] ?? UNSIGNED_PAYLOAD,
    query: canonicalQuery(address.pairs.filter(([name]) => name !== "X-Amz-Signature")),
    headers: believed,
    effective: withQueryHeaders(believed, address.pairs),
  });
}

function claim(method: string, path: string, parsed: Parsed): Claim {
  const { credential, timestamp, signature, payload } = parsed;
  const signed: [string, string][] = [];
  for (const name of parsed.signedNames) signed.push([name, canonicalValue(parsed.headers[name])]);
  const canonical: CanonicalRequest = { method, path, query: parsed.query, headers: signed, payload };
  const text = stringToSign(timestamp, credential.scope, canonical);
  // A fault in the word itself is found before the key is looked up.
  readPayloadMode(payload, () => ({ key: NO_KEY, timestamp, scope: credential.scope, seed: signature }));
  return {
    accessKeyId: credential.accessKeyId,
    authentication: parsed.authentication,
    region: credential.region,
    until: parsed.until,
    headers: parsed.effective,
    stringToSign: text,
    signature,
    signatures: (secret) => [hmacHex(signingKey(secret, credential.scope), text)],
    payload: (secret): PayloadMode =>
      readPayloadMode(payload, () => ({
        key: signingKey(secret, credential.scope),
        timestamp,
        scope: credential.scope,
        seed: signature,
      })),
    canonicalRequest: () => canonicalText(canonical),
  };
}

const NO_KEY = Buffer.alloc(0);

type AuthorizationParts = Record<"Credential" | "SignedHeaders" | "Signature", string>;

/** `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`, each once, in any order. */
function parseAuthorization(text: string): AuthorizationParts {
  const parts: Partial<AuthorizationParts> = {};
  const components = text.slice(ALGORITHM.length).trim().split(",");
  if (components.length !== 3)
    throw malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.");
  for (const component of components) {
    const equals = component.indexOf("=");
    const name = component.slice(0, Math.max(equals, 0)).trim();
    if ((name !== "Credential" && name !== "SignedHeaders" && name !== "Signature") || parts[name] !== undefined)
      throw malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.");
    parts[name] = component.slice(equals + 1).trim();
  }
  const { Credential: credential, SignedHeaders: signedHeaders, Signature: signature } = parts;
  if (!credential) throw malformed("missing Credential.");
  if (!signedHeaders) throw malformed("missing SignedHeaders.");
  if (!signature) throw malformed("missing Signature.");
  return { Credential: credential, SignedHeaders: signedHeaders, Signature: signature };
}

function malformed(text: string): S3Error {
  return new S3Error("AuthorizationHeaderMalformed", { message: `The authorization header is malformed; ${text}` });
}

/** Whether the scheme is AWS4-HMAC-SHA256. Throws NotImplemented for Signature Version 4A. */
export function isHeaderV4(authorization: string): boolean {
  if (authorization.startsWith("AWS4-ECDSA-P256-SHA256")) throw sigV4aRefused("AWS4-ECDSA-P256-SHA256");
  return authorization === ALGORITHM || authorization.startsWith(`${ALGORITHM} `);
}
