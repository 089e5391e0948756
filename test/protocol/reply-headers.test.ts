import { describe, expect, it } from "vitest";
import { overrideHeaders, type ReplyHeaders } from "../../src/protocol/reply-headers.ts";

function overridden(query: string, anonymous = false): ReplyHeaders {
  const headers: ReplyHeaders = { "Content-Type": "text/plain" };
  overrideHeaders(headers, new URLSearchParams(query), anonymous);
  return headers;
}

describe("response-* parameters", () => {
  it("replace the stored headers", () => {
    expect(overridden("response-content-type=a/b&response-expires=never")).toEqual({
      "Content-Type": "a/b",
      Expires: "never",
    });
  });

  it("are refused to strangers, and with control characters", () => {
    expect(() => overridden("response-expires=x", true)).toThrow("anonymous");
    expect(() => overridden("response-expires=%0d%0a")).toThrow("control characters");
  });

  it.each(["constructor", "toString", "__proto__", "response-other"])("are not read from %s", (name) => {
    expect(overridden(`${name}=x`, true)).toEqual({ "Content-Type": "text/plain" });
  });
});
