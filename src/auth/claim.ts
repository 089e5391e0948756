/**
 * The one parsed authentication value: who a request claims to be from, and what would prove it. It is made once,
 * without any lookup. Signature, caller, headers and body are all read from it, so they cannot contradict each other.
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
  /** When the presigned URL ends; a signature in the header has no end of its own. */
  readonly until: Date | undefined;
  /** The headers that the signature covers, in their place or in the query, and headers that need no signature. */
  readonly headers: HeaderFields;
  readonly stringToSign: string;
  /** As the client sent it. */
  readonly signature: string;
  /**
   * The valid signatures of this request under `secret`, in the form of `signature`: more than one where clients
   * disagree about what is signed.
   */
  signatures(secret: string): readonly string[];
  /** How the body is covered; for signed chunks with the key they are checked with. */
  payload(secret: string): PayloadMode;
  /** Shown to the client when the signature does not match; SigV2 has none. */
  canonicalRequest(): string | undefined;
}
