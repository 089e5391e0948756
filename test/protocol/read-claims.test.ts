// What a client declares about its body before it sends it.
import { describe, expect, it } from "vitest";
import { readUploadChecksum } from "../../src/protocol/checksum-headers.ts";
import { readClaims } from "../../src/protocol/read-claims.ts";

const body = (announcedTrailers: readonly string[] = [], trailers: Readonly<Record<string, string>> = {}) => ({
  sha256: undefined,
  announcedTrailers,
  trailers: () => trailers,
});

const refused = (code: string) => expect.objectContaining({ code });

describe("claims", () => {
  it("are none when nothing is claimed", () => {
    expect(readClaims({}, body())).toEqual({});
  });

  it("hold Content-MD5 as hex and the signed digest", () => {
    expect(readClaims({ "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }, { ...body(), sha256: "ab" })).toEqual({
      md5: "d41d8cd98f00b204e9800998ecf8427e",
      sha256: "ab",
    });
  });

  it.each(["", "YWJyYWNhZGFicmE=", "AWS HAHAHA", "1B2M2Y8AsgTpgAmY7PhCfg"])("refuse %j as Content-MD5", (text) => {
    expect(() => readClaims({ "content-md5": text }, body())).toThrow(refused("InvalidDigest"));
  });

  it("take the checksum from the header at once, from the trailer when it is there", () => {
    const header = readClaims(
      { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32" },
      body(),
    ).checksum;
    expect([header?.algorithm, header?.value?.()]).toEqual(["CRC32", "AAAAAA=="]);
    const late: Record<string, string> = {};
    const trailed = readClaims({}, body(["x-amz-checksum-sha256"], late)).checksum;
    expect([trailed?.algorithm, trailed?.value?.()]).toEqual(["SHA256", undefined]);
    late["x-amz-checksum-sha256"] = "x";
    expect(trailed?.value?.()).toBe("x");
  });

  it("are one checksum at most", () => {
    expect(() => readClaims({ "x-amz-checksum-crc32": "a", "x-amz-checksum-sha1": "b" }, body())).toThrow(
      refused("InvalidRequest"),
    );
    expect(() => readClaims({ "x-amz-checksum-crc32": "a" }, body(["x-amz-checksum-sha1"]))).toThrow(
      refused("InvalidRequest"),
    );
    expect(() => readClaims({}, body(["x-amz-checksum-crc32", "x-amz-checksum-sha1"]))).toThrow(
      refused("InvalidRequest"),
    );
  });

  it("agree with the algorithm that was named", () => {
    expect(() => readClaims({ "x-amz-sdk-checksum-algorithm": "CRC32" }, body())).toThrow(refused("InvalidRequest"));
    expect(() => readClaims({ "x-amz-sdk-checksum-algorithm": "CRC32C", "x-amz-checksum-crc32": "a" }, body())).toThrow(
      refused("InvalidRequest"),
    );
    expect(() => readClaims({ "x-amz-sdk-checksum-algorithm": "MD4", "x-amz-checksum-crc32": "a" }, body())).toThrow(
      refused("InvalidRequest"),
    );
  });
});

describe("the checksum of an upload in parts", () => {
  it.each([
    ["CRC32", undefined, "COMPOSITE"],
    ["crc32c", "FULL_OBJECT", "FULL_OBJECT"],
    ["CRC64NVME", undefined, "FULL_OBJECT"],
    ["SHA1", undefined, "COMPOSITE"],
    ["SHA256", "COMPOSITE", "COMPOSITE"],
  ])("%s with type %s is %s", (algorithm, type, expected) => {
    expect(readUploadChecksum({ "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type })?.type).toBe(
      expected,
    );
  });

  it.each([
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
    ["MD5", undefined],
    ["CRC32", "HALF"],
    [undefined, "COMPOSITE"],
  ])("%s with type %s is refused", (algorithm, type) => {
    expect(() => readUploadChecksum({ "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type })).toThrow(
      refused("InvalidRequest"),
    );
  });
});
