/**
 * The query parameters of a SigV4 presigned URL. Each may be given once; the URL must be valid now, for a week at most.
 */
import { S3Error } from "../errors.ts";
import { ALGORITHM } from "../signature-v4.ts";
import { type Credential, checkCredentialDay, parseCredential } from "./credential-scope.ts";
import { sigV4aRefused } from "./payload-mode.ts";
import { isoSeconds, MAX_EXPIRES_SECONDS, MAX_SKEW_MS, parseAmzDate } from "./request-time.ts";
import { parseSignedNames, type SignedNames } from "./signed-headers.ts";

export interface Presigned {
  readonly credential: Credential;
  readonly timestamp: string;
  /** X-Amz-Date and X-Amz-Expires together: the end of the URL's life. */
  readonly until: Date;
  readonly signedNames: SignedNames;
  readonly signature: string;
  /** X-Amz-Content-Sha256, when it stands in the query. */
  readonly payload: string | undefined;
  readonly securityToken: string | undefined;
}

const REQUIRED = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Expires",
] as const;
type Parameter = (typeof REQUIRED)[number] | "X-Amz-Content-Sha256" | "X-Amz-Security-Token";

const PARAMETERS: ReadonlySet<string> = new Set<Parameter>([
  ...REQUIRED,
  "X-Amz-Content-Sha256",
  "X-Amz-Security-Token",
]);

/**
 * Throws S3Error: AuthorizationQueryParametersError for the form, AccessDenied for the time. `region`: the only one
 * accepted; undefined: any.
 */
export function readPresigned(
  pairs: readonly (readonly [string, string])[],
  region: string | undefined,
  now: Date,
): Presigned {
  const found: Partial<Record<Parameter, string>> = {};
  for (const [name, value] of pairs) {
    if (!isParameter(name)) continue;
    if (found[name] !== undefined) throw refused(`The query parameter ${name} may be given only once.`);
    found[name] = value;
  }
  const algorithm = found["X-Amz-Algorithm"];
  if (algorithm === "AWS4-ECDSA-P256-SHA256") throw sigV4aRefused(algorithm);
  const [, text, signature, timestamp, signedHeaders, expires] = REQUIRED.map((name) => found[name] ?? "") as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (REQUIRED.some((name) => !found[name]))
    throw refused(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, " +
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  if (algorithm !== ALGORITHM) throw refused(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const credential = parseCredential(text, "query", region);
  const time = parseAmzDate(timestamp);
  if (Number.isNaN(time)) throw refused("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  checkCredentialDay(credential, timestamp, "query");
  const until = readEnd(time, expires, now);
  const signedNames = parseSignedNames(signedHeaders);
  if (signedNames === undefined) throw refused("X-Amz-SignedHeaders names a header twice.");
  return {
    credential,
    timestamp,
    until,
    signedNames,
    signature,
    payload: found["X-Amz-Content-Sha256"],
    securityToken: found["X-Amz-Security-Token"],
  };
}

function isParameter(name: string): name is Parameter {
  return PARAMETERS.has(name);
}

function readEnd(time: number, text: string, now: Date): Date {
  if (!/^-?\d{1,10}$/.test(text)) throw refused("X-Amz-Expires should be a number");
  const expires = Number(text);
  if (expires < 0) throw refused("X-Amz-Expires must be non-negative");
  if (expires > MAX_EXPIRES_SECONDS)
    throw refused(
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than " +
        "604800 seconds",
    );
  if (now.getTime() < time - MAX_SKEW_MS) throw new S3Error("AccessDenied", { message: "Request is not valid yet" });
  const end = new Date(time + expires * 1000);
  if (now > end || expires === 0)
    throw new S3Error("AccessDenied", {
      message: "Request has expired",
      elements: { "X-Amz-Expires": text, Expires: isoSeconds(end), ServerTime: isoSeconds(now) },
    });
  return end;
}

function refused(message: string): S3Error {
  return new S3Error("AuthorizationQueryParametersError", { message });
}

const TELLING: ReadonlySet<string> = new Set<Parameter>([
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
]);

/** Whether the query tries to sign the request by SigV4. One parameter is enough: half a signature is not anonymous. */
export function isPresignedV4(pairs: readonly (readonly [string, string])[]): boolean {
  return pairs.some(([name]) => TELLING.has(name));
}
