// Limits, tokens and the encoding of listings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { continuationToken, readContinuationToken, readEncoding, readLimit } from "../../src/protocol/list-query.ts";
import { anyKey } from "./any-key.ts";

const limit = (text: string) => readLimit(new URLSearchParams({ "max-keys": text }), "max-keys");

describe("max-keys", () => {
  it.each([
    ["0", 0],
    ["1", 1],
    ["1000", 1000],
    ["1001", 1000],
    ["2147483647", 1000],
    ["", 1000],
  ])("%j gives %i", (text, expected) => {
    expect(limit(text)).toBe(expected);
  });

  it("is 1,000 by default", () => {
    expect(readLimit(new URLSearchParams(), "max-keys")).toBe(1000);
  });

  it.each(["-1", "blah", "1e3", "1.0", " 1", "2147483648", "99999999999999999999"])(
    "%j is refused with name and value",
    (text) => {
      expect(() => limit(text)).toThrow(
        expect.objectContaining({
          code: "InvalidArgument",
          elements: { ArgumentName: "max-keys", ArgumentValue: text },
        }),
      );
    },
  );
});

describe("a continuation token", () => {
  const read = (token: string) => readContinuationToken(new URLSearchParams({ "continuation-token": token }));

  it("stands for any key", () => {
    fc.assert(fc.property(anyKey, (key) => read(continuationToken(key)) === key));
  });

  it.each([
    "garbage",
    "bar",
    "!",
    "YWJj",
    `${continuationToken("a")}=`,
    Buffer.from([0x6e, 0xff]).toString("base64url"),
  ])("%j is none", (token) => {
    expect(() => read(token)).toThrow(
      expect.objectContaining({ code: "InvalidArgument", message: "The continuation token provided is incorrect" }),
    );
  });

  it("counts as absent when empty", () => {
    expect(read("")).toBeUndefined();
  });
});

describe("encoding-type", () => {
  it("url percent-encodes all but slashes", () => {
    const { encode } = readEncoding(new URLSearchParams("encoding-type=url"));
    expect(encode("a b/ü+%\r&")).toBe("a%20b/%C3%BC%2B%25%0D%26");
  });

  it("is refused when it is anything else", () => {
    expect(() => readEncoding(new URLSearchParams("encoding-type=xml"))).toThrow(
      expect.objectContaining({ code: "InvalidArgument", message: "Invalid Encoding Method specified in Request" }),
    );
  });
});
