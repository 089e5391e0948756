// A key's scope limits the rights of its account.
import { describe, expect, it } from "vitest";
import { networksAllow, scopeAllows } from "../../src/auth/key-scope.ts";
import { operations } from "../../src/operations/table.ts";

const bucket = "logs";
const places = [
  { bucket: "logs", prefix: "2026/" },
  { bucket: "whole", prefix: "" },
];

describe("scopeAllows", () => {
  it.each([
    ["s3:GetObject", { bucket, key: "2026/a" }, true],
    ["s3:GetObject", { bucket, key: "2026/" }, true],
    ["s3:GetObject", { bucket, key: "2026" }, false],
    ["s3:GetObject", { bucket, key: "2025/a" }, false],
    ["s3:PutObject", { bucket, key: "2026/a" }, true],
    ["s3:PutObject", { bucket, key: "x/2026/a" }, false],
    ["s3:PutObject", { bucket: "whole", key: "any" }, true],
    ["s3:PutObject", { bucket: "other", key: "2026/a" }, false],
    ["s3:AbortMultipartUpload", { bucket, key: "a" }, false],
    ["s3:ListMultipartUploadParts", { bucket, key: "2026/a", prefix: "" }, true],
    ["s3:ListMultipartUploadParts", { bucket, key: "a", prefix: "2026/" }, false],
    ["s3:ListBucket", { bucket, prefix: "2026/" }, true],
    ["s3:ListBucket", { bucket, prefix: "2026/11/" }, true],
    ["s3:ListBucket", { bucket, prefix: "2026" }, false],
    ["s3:ListBucket", { bucket, prefix: "" }, false],
    ["s3:ListBucket", { bucket: "whole", prefix: "" }, true],
    ["s3:ListBucket", { bucket: "other", prefix: "2026/" }, false],
    ["s3:ListBucketVersions", { bucket, prefix: "" }, false],
    ["s3:ListBucketMultipartUploads", { bucket, prefix: "" }, false],
    // HeadBucket, whose answer says no more than that the bucket exists.
    ["s3:ListBucket", { bucket, prefix: undefined }, true],
    ["s3:ListBucket", { bucket: "other", prefix: undefined }, false],
    ["s3:GetBucketLocation", { bucket, prefix: "" }, true],
    ["s3:GetBucketLocation", { bucket: "other", prefix: "" }, false],
    ["s3:DeleteObject", { bucket, prefix: "" }, true],
    ["s3:DeleteObject", { bucket, key: "2025/a" }, false],
    ["s3:GetBucketAcl", { bucket, prefix: "2026/" }, false],
    ["s3:PutBucketAcl", { bucket, prefix: "" }, false],
    ["s3:PutBucketAcl", { bucket: "whole", prefix: "" }, true],
    ["s3:DeleteBucket", { bucket, prefix: "" }, false],
    ["s3:CreateBucket", { bucket: "whole", prefix: "" }, true],
    ["s3:CreateBucket", { bucket: "other", prefix: "" }, false],
    ["s3:CreateBucket", { bucket, prefix: "" }, false],
    ["s3:ListAllMyBuckets", { bucket: undefined, prefix: "" }, true],
  ] as const)("limited to logs/2026/ and whole: %s on %j is %s", (action, named, allowed) => {
    expect(scopeAllows({ places }, action, named)).toBe(allowed);
    expect(scopeAllows({}, action, named)).toBe(true);
    expect(scopeAllows({ places: [] }, action, named)).toBe(named.bucket === undefined);
  });

  it("allows a read-only key exactly the operations that are a GET or a HEAD", () => {
    for (const { action, method } of Object.values(operations))
      expect([action, scopeAllows({ readOnly: true }, action, { bucket, key: "2026/a" })]).toEqual([
        action,
        method === "GET" || method === "HEAD",
      ]);
  });

  it("allows a key for one place no operation on a bucket or an object elsewhere", () => {
    for (const { action, on } of Object.values(operations))
      if (on !== "service")
        expect([action, scopeAllows({ places }, action, { bucket: "other", key: "2026/a", prefix: "2026/" })]).toEqual([
          action,
          false,
        ]);
  });
});

describe("networksAllow", () => {
  const networks = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"];
  it.each([
    ["10.1.2.3", true],
    ["::ffff:10.1.2.3", true],
    ["11.1.2.3", false],
    ["192.0.2.7", true],
    ["192.0.2.8", false],
    ["2001:db8::1", true],
    ["2001:db9::1", false],
    ["", false],
    ["unknown", false],
  ])("%j is %s", (address, allowed) => {
    expect(networksAllow({ networks }, address)).toBe(allowed);
    expect(networksAllow({}, address)).toBe(true);
  });
});
