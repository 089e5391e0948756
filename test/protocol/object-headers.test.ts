// The attributes of an object: from the headers of a write to the headers of a read.
import { describe, expect, it } from "vitest";
import type { StoredObject } from "../../src/model.ts";
import { checkVersionId, readAttributes } from "../../src/protocol/object-headers.ts";
import {
  applyEmbeddedHeaders,
  headersOf,
  overrideHeaders,
  readEmbeddedHeaders,
  setRange,
} from "../../src/protocol/reply-headers.ts";

const stored = (headers: Readonly<Record<string, string>>): StoredObject => ({
  key: "k",
  versionId: "null",
  size: 3,
  etag: "abc",
  modifiedAt: new Date("2026-03-01T12:00:00.750Z"),
  attributes: readAttributes(headers),
  checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" },
  parts: undefined,
});

describe("attributes", () => {
  it("come back as they were given", () => {
    const headers = {
      "content-type": "text/plain; charset=utf-8",
      "content-encoding": "gzip",
      "content-disposition": 'attachment; filename="ü.txt"',
      "content-language": "de",
      "cache-control": "max-age=60",
      expires: "Thu, 01 Dec 1994 16:00:00 GMT",
      "x-amz-meta-mtime": "1600000000.5",
      "x-amz-meta-name": "Grüße, 世界",
      "x-amz-meta-encoded": "=?UTF-8?B?w7w=?=",
      "x-amz-meta-empty": "",
      "x-amz-meta-__proto__": "p",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-website-redirect-location": "/elsewhere",
    };
    const reply = Object.fromEntries(
      Object.entries(headersOf(stored(headers), false)).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(reply).toEqual({
      ...headers,
      etag: '"abc"',
      "last-modified": "Sun, 01 Mar 2026 12:00:00 GMT",
      "accept-ranges": "bytes",
    });
  });

  it("have S3's default type", () => {
    expect(headersOf(stored({}), false)["Content-Type"]).toBe("binary/octet-stream");
    expect(headersOf(stored({ "content-type": "" }), false)["Content-Type"]).toBe("binary/octet-stream");
  });

  it.each([
    ["gzip", "gzip"],
    ["deflate, gzip", "deflate, gzip"],
    ["gzip, aws-chunked", "gzip"],
    ["aws-chunked, gzip", "gzip"],
    ["aws-chunked", undefined],
    ["aws-chunked,AWS-chunked", undefined],
  ])("keep of Content-Encoding %j what is the object's: %j", (given, kept) => {
    expect(readAttributes({ "content-encoding": given }).contentEncoding).toBe(kept);
  });

  it("carry 2 KiB of metadata, names counted, and no byte more", () => {
    const full = { "x-amz-meta-a": "x".repeat(2047) };
    expect(readAttributes(full).metadata["a"]).toHaveLength(2047);
    expect(() => readAttributes({ ...full, "x-amz-meta-b": "" })).toThrow(
      expect.objectContaining({ code: "MetadataTooLarge", elements: { Size: "2049", MaxSizeAllowed: "2048" } }),
    );
    expect(() => readAttributes({ "x-amz-meta-a": "ü".repeat(1024) })).toThrow(
      expect.objectContaining({ code: "MetadataTooLarge" }),
    );
  });

  it.each(["GLACIER", "DEEP_ARCHIVE", "nonsense", "standard"])("refuse the storage class %s", (name) => {
    expect(() => readAttributes({ "x-amz-storage-class": name })).toThrow(
      expect.objectContaining({ code: "InvalidStorageClass" }),
    );
  });

  it("refuse a website redirect that leads nowhere", () => {
    expect(() => readAttributes({ "x-amz-website-redirect-location": "javascript:x" })).toThrow(
      expect.objectContaining({ code: "InvalidRedirectLocation" }),
    );
  });
});

describe("headers for unsupported features", () => {
  it.each(["x-amz-object-lock-mode", "x-amz-object-lock-legal-hold"])("%s is refused by name", (name) => {
    expect(() => readAttributes({ [name]: "x" })).toThrow(
      expect.objectContaining({ code: "NotImplemented", elements: { Header: name } }),
    );
  });
});

describe("the headers of a read", () => {
  it("show the checksum only when asked to", () => {
    expect(headersOf(stored({}), false)).not.toHaveProperty("x-amz-checksum-crc32");
    expect(headersOf(stored({}), true)).toMatchObject({
      "x-amz-checksum-crc32": "AAAAAA==",
      "x-amz-checksum-type": "FULL_OBJECT",
    });
  });

  it("state length and range", () => {
    const headers = {};
    setRange(headers, { first: 2, last: 5 }, 10);
    expect(headers).toEqual({ "Content-Length": "4", "Content-Range": "bytes 2-5/10" });
  });

  it("are overridden by response-* parameters", () => {
    const headers = headersOf(stored({ "content-type": "text/plain" }), false);
    overrideHeaders(headers, new URLSearchParams("response-content-type=a/b&response-expires=123&response-x=y"), false);
    expect(headers).toMatchObject({ "Content-Type": "a/b", Expires: "123" });
    expect(headers).not.toHaveProperty("response-x");
  });

  it("are not overridden for the anonymous, nor with control characters", () => {
    expect(() => overrideHeaders({}, new URLSearchParams("response-content-type=a"), true)).toThrow(
      expect.objectContaining({ code: "InvalidRequest" }),
    );
    expect(() => overrideHeaders({}, new URLSearchParams("response-content-type=a%0D%0Ax:y"), false)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});

describe("headers inside a signed URL", () => {
  const read = (told: unknown) =>
    readEmbeddedHeaders(
      new URLSearchParams({ "x-nearbucket-reply": Buffer.from(JSON.stringify(told)).toString("base64url") }),
    );

  it("take the place of the stored ones, whatever their case", () => {
    const headers = headersOf(stored({}), false);
    applyEmbeddedHeaders(
      headers,
      read({ etag: '"def-2"', "last-modified": "Mon, 02 Mar 2026 12:00:00 GMT", "x-amz-meta-a": "ü" }) ?? {},
    );
    expect(headers).toMatchObject({
      ETag: '"def-2"',
      "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT",
      "x-amz-meta-a": "ü",
    });
    expect(headers).not.toHaveProperty("etag");
  });

  it("are none when the URL has none", () => {
    expect(readEmbeddedHeaders(new URLSearchParams())).toBeUndefined();
  });

  it.each([
    { "set-cookie": "a" },
    { location: "x" },
    { "content-length": "1" },
    { etag: "a\r\nb" },
    { etag: 1 },
    { "x-amz-meta-a b": "c" },
    { "x-amz-acl": "c" },
    [],
    "x",
    null,
  ])("are refused when they are %j", (told) => {
    expect(() => read(told)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });

  it("are refused when they are no JSON", () => {
    expect(() => readEmbeddedHeaders(new URLSearchParams("x-nearbucket-reply=e30x"))).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});

describe("a version", () => {
  it("is the null version or none", () => {
    for (const id of [undefined, null, "", "null"]) expect(() => checkVersionId(id, "k")).not.toThrow();
    expect(() => checkVersionId("v1", "k")).toThrow(
      expect.objectContaining({ code: "NoSuchVersion", elements: { Key: "k", VersionId: "v1" } }),
    );
  });
});
