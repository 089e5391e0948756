/**
 * Finds out who is calling. It reads a request into one Claim and verifies the claim once; caller, headers and body are
 * all read from it. An unknown key costs the same work as a known one. Nothing is looked up before the request is known
 * to be well-formed and in time. A key that is disabled or has expired, or was made from one that no longer counts, is
 * answered as one that does not exist.
 */

import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { S3Error } from "../errors.ts";
import type { AccessKey, Account, AuthenticationKind, HeaderFields, KeyScope, RedirectMode } from "../model.ts";
import type { Claim, SignedRequest } from "./claim.ts";
import { isPresignedV2, readHeaderClaimV2, readPresignedClaimV2 } from "./claim-v2.ts";
import { isHeaderV4, readHeaderClaim, readPresignedClaim } from "./claim-v4.ts";
import { type PayloadMode, readUnsignedPayloadMode } from "./payload-mode.ts";
import { isPresignedV4 } from "./presigned-v4.ts";
import type { SealedKey } from "./secret-box.ts";
import { isUsable } from "./usable-key.ts";

export interface Authentication {
  readonly caller: {
    /** Undefined for an anonymous request. */
    readonly account: Account | undefined;
    readonly accessKeyId: string | undefined;
    readonly authentication: AuthenticationKind;
    readonly redirect: RedirectMode | undefined;
    /** When what was proven ends; undefined: no end is known. */
    readonly until: Date | undefined;
    /** What the access key may do of what its account may. */
    readonly scope: KeyScope;
    /** The key that signed in, where this one is a session. */
    readonly sessionOf: string | undefined;
  };
  readonly payload: PayloadMode;
  /**
   * The headers to use in place of those sent: without the unsigned x-amz-* headers that a client repeats after a
   * redirect, and with the x-amz-* parameters that a presigner put into the query.
   */
  readonly headers: HeaderFields;
  /** The region of the credential scope. */
  readonly region: string | undefined;
}

export interface AuthenticatorOptions {
  readonly findKey: (accessKeyId: string) => Promise<AccessKey | undefined>;
  /** The key from the configuration; it is not in the database. */
  readonly rootKey:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly account: Account }
    | undefined;
  readonly unseal: (key: SealedKey) => Promise<string>;
  /** Told of every request that a key of the database has signed. */
  readonly noteUse: (accessKeyId: string) => void;
  readonly now: () => Date;
  /** The only region accepted in a credential scope; undefined: any. */
  readonly region: string | undefined;
  /** Where Signature Version 2 is accepted: nowhere, in the query of presigned URLs, or in the header too. */
  readonly signatureV2: "off" | "query" | "all";
}

export interface Authenticator {
  /** Throws S3Error, with S3's code and wording for each way a signature can be wrong. */
  authenticate(request: SignedRequest): Promise<Authentication>;
}

interface KnownKey {
  readonly secret: string;
  readonly account: Account;
  readonly redirect: RedirectMode | undefined;
  readonly scope: KeyScope;
  readonly expiresAt: Date | undefined;
  /** In the database, not in the configuration. */
  readonly isStored: boolean;
  readonly sessionOf: string | undefined;
}

/** Signatures of unknown keys are checked against this, so that the answer takes as long as for a known key. */
const NOBODY = "a secret that belongs to no key at all";
const SECRETS_KEPT = 1000;

export function openAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { rootKey, findKey, now } = options;
  const unseal = remember(options.unseal);
  const find = async (accessKeyId: string): Promise<KnownKey | undefined> => {
    if (rootKey !== undefined && accessKeyId === rootKey.accessKeyId)
      return {
        secret: rootKey.secretAccessKey,
        account: rootKey.account,
        redirect: undefined,
        scope: {},
        expiresAt: undefined,
        isStored: false,
        sessionOf: undefined,
      };
    const key = await findKey(accessKeyId);
    if (key === undefined || !isUsable(key, now(), rootKey?.accessKeyId)) return undefined;
    const { account, redirect, scope, expiresAt, sessionOf } = key;
    return { secret: await unseal(key), account, redirect, scope, expiresAt, isStored: true, sessionOf };
  };
  return {
    async authenticate(request) {
      const claim = readClaim(request, options);
      if (claim === undefined) return anonymous(request);
      const key = await find(claim.accessKeyId);
      const secret = key?.secret ?? NOBODY;
      const matches = claim.signatures(secret).some((expected) => equal(expected, claim.signature));
      if (key === undefined)
        throw new S3Error("InvalidAccessKeyId", { elements: { AWSAccessKeyId: claim.accessKeyId } });
      if (!matches) throw doesNotMatch(claim);
      if (key.isStored) options.noteUse(claim.accessKeyId);
      const { accessKeyId, authentication, headers, region } = claim;
      const { account, redirect, scope, sessionOf } = key;
      const until = earlier(claim.until, key.expiresAt);
      return {
        caller: { account, accessKeyId, authentication, redirect, until, scope, sessionOf },
        payload: claim.payload(secret),
        headers,
        region,
      };
    },
  };
}

/** Undefined: the request is not signed and does not try to be. */
function readClaim(request: SignedRequest, { region, signatureV2, now }: AuthenticatorOptions): Claim | undefined {
  const authorization = request.headers["authorization"];
  const { pairs } = request.address;
  const queryV4 = pairs.length > 0 && isPresignedV4(pairs);
  const queryV2 = pairs.length > 0 && isPresignedV2(pairs);
  if (Number(authorization !== undefined) + Number(queryV4) + Number(queryV2) > 1)
    throw severalMechanisms(authorization);
  if (queryV4) return readPresignedClaim(request, region, now());
  if (queryV2) return signatureV2 === "off" ? refuseV2() : readPresignedClaimV2(request, now());
  if (authorization === undefined) return undefined;
  if (authorization === "") throw new S3Error("AccessDenied");
  if (isHeaderV4(authorization)) return readHeaderClaim(request, authorization, region, now());
  if (authorization.startsWith("AWS "))
    return signatureV2 === "all" ? readHeaderClaimV2(request, authorization, now()) : refuseV2();
  throw new S3Error("InvalidArgument", {
    message: "Unsupported Authorization Type",
    elements: { ArgumentName: "Authorization", ArgumentValue: authorization.split(" ", 1)[0] ?? "" },
  });
}

function anonymous({ headers }: SignedRequest): Authentication {
  return {
    caller: {
      account: undefined,
      accessKeyId: undefined,
      authentication: "anonymous",
      redirect: undefined,
      until: undefined,
      scope: {},
      sessionOf: undefined,
    },
    payload: readUnsignedPayloadMode(headers),
    headers,
    region: undefined,
  };
}

function refuseV2(): never {
  throw new S3Error("InvalidRequest", {
    message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  });
}

function severalMechanisms(authorization: string | undefined): S3Error {
  return new S3Error("InvalidArgument", {
    message:
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string " +
      "parameter or the Authorization header should be specified",
    elements: authorization === undefined ? {} : { ArgumentName: "Authorization", ArgumentValue: authorization },
  });
}

function equal(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  // A signature of another length is wrong, but is compared all the same, for equal time.
  return timingSafeEqual(a, b.length === a.length ? b : a) && b.length === a.length;
}

function doesNotMatch(claim: Claim): S3Error {
  const canonical = claim.canonicalRequest();
  return new S3Error("SignatureDoesNotMatch", {
    elements: {
      AWSAccessKeyId: claim.accessKeyId,
      StringToSign: claim.stringToSign,
      SignatureProvided: claim.signature,
      StringToSignBytes: spacedHex(claim.stringToSign),
      ...(canonical === undefined ? {} : { CanonicalRequest: canonical, CanonicalRequestBytes: spacedHex(canonical) }),
    },
  });
}

function spacedHex(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/**
 * Keeps the latest secrets by access key and sealed form. Keys are looked up for each request, but unsealed once.
 * Throws ServiceUnavailable where a secret does not open: another gateway may have the encryption key.
 */
function remember(unseal: (key: SealedKey) => Promise<string>): (key: SealedKey) => Promise<string> {
  const known = new LRUCache<string, string>({ max: SECRETS_KEPT });
  return async (key) => {
    const sealed = `${key.accessKeyId} ${key.sealedBy} ${key.sealedSecret}`;
    const before = known.get(sealed);
    if (before !== undefined) return before;
    const secret = await unseal(key).catch((cause: unknown) => {
      throw new S3Error("ServiceUnavailable", { message: "The secret of this access key cannot be read." }, { cause });
    });
    known.set(sealed, secret);
    return secret;
  };
}
