// Reply headers inside a URL: writer and reader agree, and there is one list of headers.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEmbeddedHeaders, encodeEmbeddedHeaders, isEmbeddable } from "../src/embedded-headers.ts";

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("embedded headers", () => {
  it("are read back as they were written, whatever a header can contain", () => {
    const names = fc.constantFrom("etag", "content-type", "x-amz-meta-a", "x-amz-meta-__proto__", "x-amz-version-id");
    const headers = fc.dictionary(names, fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(headers, (given) => {
        const text = encodeEmbeddedHeaders(given);
        if (text !== undefined) expect(decodeEmbeddedHeaders(text)).toEqual({ ...given });
        else expect(Object.values(given).join("")).toMatch(/[^\P{Cc}\t]/u);
      }),
    );
  });

  it("may hold a tab, as headers may, and no other control character", () => {
    expect(decodeEmbeddedHeaders(encodeEmbeddedHeaders({ "x-amz-meta-a": "b\tc" }) ?? "")).toEqual({
      "x-amz-meta-a": "b\tc",
    });
    for (const value of ["a\r\nb", "\0", "\x7f", "\x85"]) {
      expect(encodeEmbeddedHeaders({ etag: value })).toBeUndefined();
      expect(() => decodeEmbeddedHeaders(encoded({ etag: value }))).toThrow("cannot be read");
    }
  });

  it.each(["content-length", "content-range", "date", "set-cookie", "location", "x-amz-request-id", "constructor"])(
    "are never %s",
    (name) => {
      expect(isEmbeddable(name)).toBe(false);
      expect(() => decodeEmbeddedHeaders(encoded({ [name]: "x" }))).toThrow("cannot be read");
    },
  );

  it.each([[], null, "text", 1, { etag: 1 }, { etag: { a: "b" } }])("are not read from %j", (value) => {
    expect(() => decodeEmbeddedHeaders(encoded(value))).toThrow("cannot be read");
  });

  it("are not read from text that is no JSON", () => {
    expect(() => decodeEmbeddedHeaders("%%%")).toThrow("cannot be read");
  });
});
