/**
 * The one parsed authentication value: who a request says it is from and what would prove it. Made once, without
 * looking anything up; the signature, the caller, the headers and the body are all read from it, so no two of them can
 * come from different places.
 */
import type { HeaderFields } from "../model.ts";
import type { Address } from "../protocol/address.ts";
import type { PayloadMode } from "./payload-mode.ts";

export interface SignedRequest {
  readonly method: string;
  readonly address: Address;
  readonly headers: HeaderFields;
}

export interface Claim {
  readonly accessKeyId: string;
  readonly authentication: "header" | "presigned";
  /** The region of the credential scope; SigV2 has none. */
  readonly region: string | undefined;
  /**
   * What the signature covers of the headers, and of the query in a header's place, beside headers that say nothing to
   * S3.
   */
  readonly headers: HeaderFields;
  readonly stringToSign: string;
  /** As the client sent it. */
  readonly signature: string;
  /**
   * The signatures that `secret` may make of this request, in the form of `signature`: one, but where clients disagree
   * on what is signed.
   */
  signatures(secret: string): readonly string[];
  /** How the body is covered; for signed chunks with the key they are checked with. */
  payload(secret: string): PayloadMode;
  /** Shown to the client when the signature does not match; SigV2 has none. */
  canonicalRequest(): string | undefined;
}
