import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeChecksum } from "../../src/checksums/compose.ts";
import { checksumOf } from "../../src/checksums/digest.ts";
import { S3Error } from "../../src/errors.ts";
import type { ChecksumAlgorithm } from "../../src/model.ts";

const CRCS = ["CRC32", "CRC32C", "CRC64NVME"] as const;

async function partsOf(algorithm: ChecksumAlgorithm, pieces: readonly Uint8Array[]) {
  return Promise.all(
    pieces.map(async (piece) => ({ size: piece.length, checksum: await checksumOf(Buffer.from(piece), algorithm) })),
  );
}

describe("composeChecksum", () => {
  it.each(CRCS)("combines the parts' %s into that of the whole", async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3_000 }), { minLength: 1, maxLength: 8 }),
        async (pieces) => {
          expect(await composeChecksum(algorithm, "FULL_OBJECT", await partsOf(algorithm, pieces))).toBe(
            await checksumOf(Buffer.concat(pieces), algorithm),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(CRCS)("combines %s over parts of the usual sizes", async (algorithm) => {
    const pieces = [8, 8, 8, 3].map((size, index) => Buffer.alloc(size * 1024 * 1024, index + 1));
    expect(await composeChecksum(algorithm, "FULL_OBJECT", await partsOf(algorithm, pieces))).toBe(
      await checksumOf(Buffer.concat(pieces), algorithm),
    );
  });

  it("combines ten thousand parts in well under a second", async () => {
    const checksum = await checksumOf(Buffer.from("a part"), "CRC64NVME");
    const parts = Array.from({ length: 10_000 }, () => ({ size: 8 * 1024 * 1024, checksum }));
    const startedAt = performance.now();
    await composeChecksum("CRC64NVME", "FULL_OBJECT", parts);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it.each([...CRCS, "SHA1", "SHA256"] as const)(
    "hashes the parts' %s values for a composite one",
    async (algorithm) => {
      const parts = await partsOf(algorithm, [Buffer.from("one"), Buffer.from("two")]);
      const joined = Buffer.concat(parts.map((part) => Buffer.from(part.checksum, "base64")));
      expect(await composeChecksum(algorithm, "COMPOSITE", parts)).toBe(`${await checksumOf(joined, algorithm)}-2`);
    },
  );

  it("gives a composite SHA256 that node:crypto agrees with", async () => {
    const raw = ["one", "two", "three"].map((text) => createHash("sha256").update(text).digest());
    const parts = raw.map((digest, index) => ({ size: index + 3, checksum: digest.toString("base64") }));
    expect(await composeChecksum("SHA256", "COMPOSITE", parts)).toBe(
      `${createHash("sha256").update(Buffer.concat(raw)).digest("base64")}-3`,
    );
  });

  it.each(["SHA1", "SHA256"] as const)("refuses a full-object %s, which nothing can combine", async (algorithm) => {
    await expect(
      composeChecksum(algorithm, "FULL_OBJECT", await partsOf(algorithm, [Buffer.from("x")])),
    ).rejects.toThrow(S3Error);
  });
});
