import { describe, expect, it } from "vitest";
import { scopeOf } from "../../src/blobs/scope.ts";

describe("scopeOf", () => {
  it.each([
    ["account", "account:3"],
    ["bucket", "bucket:7"],
    ["global", "global"],
    ["off", undefined],
  ] as const)("%s is %s", (dedup, expected) => {
    expect(scopeOf({ id: 7, settings: { dedup } }, 3, "off")).toBe(expected);
    expect(scopeOf({ id: 7, settings: {} }, 3, dedup)).toBe(expected);
  });

  it("lets the bucket's own setting win", () => {
    expect(scopeOf({ id: 7, settings: { dedup: "off" } }, 3, "global")).toBeUndefined();
  });
});
