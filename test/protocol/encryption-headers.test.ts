// Encryption is not served; a malformed encryption header gets its own error before that.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { refuseEncryption } from "../../src/protocol/encryption-headers.ts";

const SSE = "x-amz-server-side-encryption";
const key = Buffer.alloc(32, "k");
const customer = (prefix = SSE) => ({
  [`${prefix}-customer-algorithm`]: "AES256",
  [`${prefix}-customer-key`]: key.toString("base64"),
  [`${prefix}-customer-key-md5`]: createHash("md5").update(key).digest("base64"),
});

describe("a request to encrypt", () => {
  it("is not assumed without its headers", () => {
    expect(() => refuseEncryption({ "content-type": "x" })).not.toThrow();
  });

  it.each([
    { [SSE]: "AES256" },
    { [SSE]: "aws:kms" },
    { [SSE]: "aws:kms", [`${SSE}-aws-kms-key-id`]: "k" },
    customer(),
    customer("x-amz-copy-source-server-side-encryption"),
  ])("is refused by name: %j", (headers) => {
    expect(() => refuseEncryption(headers)).toThrow(
      expect.objectContaining({ code: "NotImplemented", elements: { Header: Object.keys(headers)[0] } }),
    );
  });

  it.each([
    { [SSE]: "aes:kms" },
    { [`${SSE}-aws-kms-key-id`]: "k" },
    { [SSE]: "AES256", [`${SSE}-aws-kms-key-id`]: "k" },
    { [SSE]: "AES256", ...customer() },
    { ...customer(), [`${SSE}-customer-algorithm`]: "ROT13" },
    { ...customer(), [`${SSE}-customer-algorithm`]: undefined },
    { ...customer(), [`${SSE}-customer-key`]: "c2hvcnQ=" },
    { ...customer(), [`${SSE}-customer-key-md5`]: undefined },
    { ...customer(), [`${SSE}-customer-key-md5`]: "AAAAAAAAAAAAAAAAAAAAAA==" },
  ])("that contradicts itself is told so: %j", (headers) => {
    expect(() => refuseEncryption(headers)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});
