/** What a client claims about its bytes, and the check of the claims after the last byte. */
import { S3Error } from "../errors.ts";
import type { ChecksumAlgorithm, Digest } from "../model.ts";
import type { Digests } from "./digest.ts";

/** What the client claims about its bytes. */
export interface Claims {
  /** Content-MD5, decoded from base64 to hex. BadDigest when it differs. */
  readonly md5?: string;
  /** XAmzContentSHA256Mismatch when it differs. */
  readonly sha256?: Digest;
  /**
   * Additional checksum, BadDigest when it differs. `value` undefined: only computed. `value` is called once, after the
   * last byte, so that it can read a trailer; it returns undefined when an announced trailer never came:
   * MalformedTrailerError.
   */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: (() => string | undefined) | undefined };
}

/** Throws XAmzContentSHA256Mismatch, BadDigest or MalformedTrailerError. */
export function checkClaims(claims: Claims, found: Digests): void {
  if (claims.sha256 !== undefined && claims.sha256 !== found.sha256)
    throw new S3Error("XAmzContentSHA256Mismatch", {
      elements: { ClientComputedContentSHA256: claims.sha256, S3ComputedContentSHA256: found.sha256 ?? "" },
    });
  if (claims.md5 !== undefined && claims.md5 !== found.md5) throw new S3Error("BadDigest");
  if (claims.checksum?.value === undefined) return;
  const value = claims.checksum.value();
  if (value === undefined) throw new S3Error("MalformedTrailerError");
  if (value !== found.checksum)
    throw new S3Error("BadDigest", {
      message: `The ${claims.checksum.algorithm} you specified did not match the calculated checksum.`,
    });
}
