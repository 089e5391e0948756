import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checksumOf, digestBuffer, openDigester } from "../../src/checksums/digest.ts";
import type { ChecksumAlgorithm } from "../../src/model.ts";

const CHECK = Buffer.from("123456789");
const hexOf = (base64: string) => Buffer.from(base64, "base64").toString("hex");

/** The published check values of each CRC; those of the hashes by definition. */
const VECTORS: readonly (readonly [ChecksumAlgorithm, string])[] = [
  ["CRC32", "cbf43926"],
  ["CRC32C", "e3069283"],
  ["CRC64NVME", "ae8b14860a799888"],
  ["SHA1", createHash("sha1").update(CHECK).digest("hex")],
  ["SHA256", createHash("sha256").update(CHECK).digest("hex")],
];

describe("digests", () => {
  it.each(VECTORS)("%s of the check string is the published value", async (algorithm, expected) => {
    expect(hexOf(await checksumOf(CHECK, algorithm))).toBe(expected);
    expect(hexOf((await digestBuffer(CHECK, algorithm)).checksum ?? "")).toBe(expected);
  });

  it.each(VECTORS)("%s comes out the same however the bytes are cut", async (algorithm) => {
    const bytes = randomBytes(100_003);
    const digester = await openDigester({ sha256: true, md5: true }, algorithm);
    for (let at = 0; at < bytes.length; at += 7_919) digester.update(bytes.subarray(at, at + 7_919));
    expect(digester.size).toBe(bytes.length);
    expect(digester.finish()).toEqual(await digestBuffer(bytes, algorithm));
  });

  it("keeps streams apart that are hashed at the same time", async () => {
    const [one, two] = [randomBytes(5_000), randomBytes(5_000)];
    const [first, second] = await Promise.all([
      openDigester({ sha256: true, md5: true }, "CRC64NVME"),
      openDigester({ sha256: true, md5: true }, "CRC64NVME"),
    ]);
    for (let at = 0; at < 5_000; at += 1_000) {
      first.update(one.subarray(at, at + 1_000));
      second.update(two.subarray(at, at + 1_000));
    }
    expect(first.finish().checksum).toBe(await checksumOf(one, "CRC64NVME"));
    expect(second.finish().checksum).toBe(await checksumOf(two, "CRC64NVME"));
  });

  it("starts a reused hasher afresh", async () => {
    const before = await checksumOf(CHECK, "CRC32C");
    await checksumOf(Buffer.from("something else"), "CRC32C");
    expect(await checksumOf(CHECK, "CRC32C")).toBe(before);
  });

  it("gives md5 and sha256 of nothing", async () => {
    const digests = (await openDigester({ sha256: true, md5: true })).finish();
    expect(digests.md5).toBe("d41d8cd98f00b204e9800998ecf8427e");
    expect(digests.sha256).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(digests.checksum).toBeUndefined();
  });
});
