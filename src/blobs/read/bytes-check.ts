/**
 * Are these bytes the blob? Its sha256 tells, or, for a blob in parts that was never read whole, the md5s of its parts,
 * which its ETag is made of. Where that is not known yet, because the blob was adopted, its backend alone can tell.
 */
import { createHash, type Hash } from "node:crypto";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import type { Blob } from "../../model.ts";
import { isUnproven } from "../replicas/unproven.ts";

/** A check under way; the bytes come in order, in chunks of any size. */
export interface BytesCheck {
  add(chunk: Buffer): void;
  /** A second check that has seen the same bytes: each goes on by itself. */
  fork(): BytesCheck;
  /** After the last byte; may be called once. */
  fits(): boolean;
}

type Known = Pick<Blob, "digest" | "etag" | "partSizes" | "storageKey" | "replicas">;

export function checkBytes(blob: Known): BytesCheck {
  const { digest, etag, partSizes } = blob;
  if (isUnproven(blob)) return NOTHING_TO_CHECK;
  if (digest !== undefined) return checkHash(createHash("sha256"), digest);
  return partSizes === undefined ? checkHash(createHash("md5"), etag) : new PartsCheck(partSizes, etag);
}

const NOTHING_TO_CHECK: BytesCheck = { add: () => undefined, fork: () => NOTHING_TO_CHECK, fits: () => true };

function checkHash(hash: Hash, expected: string): BytesCheck {
  return {
    add: (chunk) => void hash.update(chunk),
    fork: () => checkHash(hash.copy(), expected),
    fits: () => hash.digest("hex") === expected,
  };
}

class PartsCheck implements BytesCheck {
  readonly #sizes: readonly number[];
  readonly #etag: string;
  readonly #md5s: string[] = [];
  #md5 = createHash("md5");
  #filled = 0;

  constructor(sizes: readonly number[], etag: string) {
    this.#sizes = sizes;
    this.#etag = etag;
  }

  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(
        at,
        at + (this.#sizes[this.#md5s.length] ?? Number.POSITIVE_INFINITY) - this.#filled,
      );
      this.#md5.update(piece);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === this.#sizes[this.#md5s.length]) this.#endPart();
    }
  }

  fork(): BytesCheck {
    const fork = new PartsCheck(this.#sizes, this.#etag);
    fork.#md5s.push(...this.#md5s);
    fork.#md5 = this.#md5.copy();
    fork.#filled = this.#filled;
    return fork;
  }

  fits(): boolean {
    // Empty parts end no chunk.
    while (this.#filled === this.#sizes[this.#md5s.length]) this.#endPart();
    const isWhole = this.#filled === 0 && this.#md5s.length === this.#sizes.length;
    return isWhole && multipartEtag(this.#md5s) === this.#etag;
  }

  #endPart(): void {
    this.#md5s.push(this.#md5.digest("hex"));
    this.#md5 = createHash("md5");
    this.#filled = 0;
  }
}
