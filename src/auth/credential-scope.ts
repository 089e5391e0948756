/**
 * `<access key id>/<yyyymmdd>/<region>/s3/aws4_request`, in the header and in the query, with S3's own words for what
 * can be wrong with it.
 */
import { S3Error, type S3ErrorCode } from "../errors.ts";

export interface Credential {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  /** What is signed: without the access key id. */
  readonly scope: string;
}

/** Where the credential stands decides how S3 words a fault in it. */
export type CredentialPlace = "header" | "query";

const DAY = /^\d{8}$/;
const REGION = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * `region`: the only one accepted; undefined: any. Throws AuthorizationHeaderMalformed or
 * AuthorizationQueryParametersError.
 */
export function parseCredential(text: string, place: CredentialPlace, region: string | undefined): Credential {
  const parts = text.split("/");
  const terminal = parts.pop();
  const service = parts.pop();
  const named = parts.pop() ?? "";
  const day = parts.pop();
  if (parts.length === 0 || day === undefined)
    throw malformed(
      place,
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  // Access key ids of other services may hold a slash.
  const accessKeyId = parts.join("/");
  if (accessKeyId === "") throw malformed(place, "a non-empty Access Key (AKID) must be provided in the credential.");
  if (!DAY.test(day))
    throw malformed(
      place,
      `incorrect date format "${day}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  if (service !== "s3") throw malformed(place, `incorrect service "${service}". This endpoint belongs to "s3".`);
  if (terminal !== "aws4_request")
    throw malformed(place, `incorrect terminal "${terminal}". This endpoint uses "aws4_request".`);
  if (region !== undefined && named !== region)
    throw malformed(place, `the region '${named}' is wrong; expecting '${region}'`, { Region: region });
  if (!REGION.test(named)) throw malformed(place, `the region '${named.slice(0, 64)}' is wrong`);
  return { accessKeyId, day, region: named, scope: `${day}/${named}/s3/aws4_request` };
}

/** The scope's day must be the day of the signature: else an old key would sign for ever. */
export function checkCredentialDay(credential: Credential, timestamp: string, place: CredentialPlace): void {
  if (timestamp.startsWith(credential.day)) return;
  const text =
    `Invalid credential date "${credential.day}". This date is not the same as X-Amz-Date: ` +
    `"${timestamp.slice(0, 8)}".`;
  throw malformed(place, text);
}

const PREFIX: Record<CredentialPlace, readonly [code: S3ErrorCode, prefix: string]> = {
  header: ["AuthorizationHeaderMalformed", "The authorization header is malformed; "],
  query: ["AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; "],
};

function malformed(place: CredentialPlace, text: string, elements: Readonly<Record<string, string>> = {}): S3Error {
  const [code, prefix] = PREFIX[place];
  return new S3Error(code, { message: prefix + text, elements });
}
