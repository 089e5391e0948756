import { describe, expect, it } from "vitest";
import { decide } from "../../src/auth/access.ts";

describe("access", () => {
  it.each([
    [1, "s3:GetObject", 1, "allow"],
    [1, "s3:DeleteBucket", 1, "allow"],
    [2, "s3:GetObject", 1, "deny"],
    [2, "s3:ListBucket", 1, "deny"],
    [undefined, "s3:GetObject", 1, "deny"],
    [1, "s3:ListAllMyBuckets", undefined, "allow"],
    [1, "s3:CreateBucket", undefined, "allow"],
    [undefined, "s3:ListAllMyBuckets", undefined, "deny"],
    [undefined, "s3:CreateBucket", undefined, "deny"],
    [1, "s3:GetObject", undefined, "deny"],
    [undefined, "s3:GetObject", undefined, "deny"],
  ] as const)("of account %s, %s on a bucket of account %s: %s", (caller, action, owner, decision) => {
    expect(decide(caller, action, owner)).toBe(decision);
  });
});
