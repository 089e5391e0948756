// A blob's bytes, in chunks of any size, fit its sha256, its md5 or the md5s of its parts, and no other bytes do.
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBytes } from "../../../src/blobs/read/bytes-check.ts";
import { multipartEtag } from "../../../src/checksums/multipart-etag.ts";

const sums = (bytes: Buffer, algorithm: string) => createHash(algorithm).update(bytes).digest("hex");

function splitBy(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  return sizes.map((size, index) => bytes.subarray(starts[index], (starts[index] ?? 0) + size));
}

const own = { storageKey: "blobs/ab/cd", replicas: [] };
const kinds = {
  "its sha256": (bytes: Buffer) => ({ ...own, digest: sums(bytes, "sha256"), etag: "anything", partSizes: undefined }),
  "its md5": (bytes: Buffer) => ({ ...own, digest: undefined, etag: sums(bytes, "md5"), partSizes: undefined }),
  "the md5s of its parts": (bytes: Buffer, partSizes: readonly number[]) => ({
    ...own,
    digest: undefined,
    etag: multipartEtag(splitBy(bytes, partSizes).map((part) => sums(part, "md5"))),
    partSizes,
  }),
};

describe.each(Object.entries(kinds))("bytes held against %s", (_, blobOf) => {
  const part = fc.integer({ min: 0, max: 40 });
  const parts = fc.array(part, { minLength: 1, maxLength: 5 });

  it("fit, however they are cut, and not with one bit changed", () => {
    fc.assert(
      fc.property(parts, parts, fc.nat(), (partSizes, chunkSizes, spot) => {
        const bytes = randomBytes(partSizes.reduce((sum, size) => sum + size, 0));
        const blob = blobOf(bytes, partSizes);
        const fits = (given: Buffer) => {
          const check = checkBytes(blob);
          for (const chunk of splitBy(given, [...chunkSizes, given.length])) check.add(chunk);
          return check.fits();
        };
        expect(fits(bytes)).toBe(true);
        expect(fits(Buffer.concat([bytes, Buffer.from("x")]))).toBe(false);
        if (bytes.length === 0) return;
        const wrong = Buffer.from(bytes);
        wrong[spot % bytes.length] = (wrong[spot % bytes.length] ?? 0) ^ 1;
        expect(fits(wrong)).toBe(false);
        expect(fits(bytes.subarray(0, -1))).toBe(false);
      }),
    );
  });

  it("can be tried with one ending after another", () => {
    const bytes = randomBytes(50);
    const check = checkBytes(blobOf(bytes, [20, 20, 10]));
    check.add(bytes.subarray(0, 45));
    for (const [ending, fits] of [
      [Buffer.alloc(5), false],
      [bytes.subarray(45), true],
    ] as const) {
      const fork = check.fork();
      fork.add(ending);
      expect(fork.fits()).toBe(fits);
    }
  });
});
