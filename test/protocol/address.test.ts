import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBucketName, parseAddress } from "../../src/protocol/address.ts";
import { readRawHeaders } from "../../src/protocol/raw-headers.ts";

const parse = (target: string, host = "127.0.0.1:9000", domains: readonly string[] = ["s3.example.com"]) =>
  parseAddress(target, host, domains);
const names = (target: string, host?: string) => {
  const { bucket, key, virtualHost } = parse(target, host);
  return [bucket, key, virtualHost];
};

describe("an address in path style", () => {
  it.each([
    ["/", undefined, undefined],
    ["/?x-id=ListBuckets", undefined, undefined],
    ["/b", "b", undefined],
    ["/b/", "b", undefined],
    ["/b/k", "b", "k"],
    ["/b//k", "b", "/k"],
    ["/b//", "b", "/"],
    ["/b/a//b/", "b", "a//b/"],
    ["/b/../x", "b", "../x"],
    ["/b/./x", "b", "./x"],
    ["/b/a%2Fb", "b", "a/b"],
    ["/b/a%252Fb", "b", "a%2Fb"],
    ["/b/a+b", "b", "a+b"],
    ["/b/a%20b", "b", "a b"],
    ["/b/%F0%9F%98%80", "b", "😀"],
    ["/b/__proto__", "b", "__proto__"],
    ["/b/%61", "b", "a"],
    ["/b/a;b=c", "b", "a;b=c"],
    ["/b/%0A", "b", "\n"],
  ])("reads %s without normalising it", (target, bucket, key) => {
    expect(names(target)).toEqual([bucket, key, false]);
  });

  it("reads raw UTF-8 as node hands it over, in latin1", () => {
    expect(parse(Buffer.from("/b/é😀").toString("latin1")).key).toBe("é😀");
  });

  it("gives back any key that was percent-encoded into it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 80 }), (key) => {
        fc.pre(!key.includes("\0"));
        expect(parse(`/b/${encodeURIComponent(key)}`).key).toBe(key);
      }),
    );
  });

  it.each([
    "/b/%",
    "/b/%zz",
    "/b/%F0%9F",
    "/b/%C0%AF",
    "/b/%ED%A0%80",
    "/b/\xff",
    "/b/a%00b",
    "/b?x=%",
    "/b?%FF=1",
    "/b?x=%00",
    "*",
    "b/k",
    "",
  ])("refuses %j as InvalidURI", (target) => {
    expect(() => parse(target)).toThrow(expect.objectContaining({ code: "InvalidURI" }));
  });

  it("takes a key of 1,024 bytes and refuses one of 1,025", () => {
    expect(parse(`/b/${"k".repeat(1024)}`).key).toHaveLength(1024);
    expect(parse(`/b/${"%C3%A9".repeat(512)}`).key).toHaveLength(512);
    const refused = expect.objectContaining({
      code: "KeyTooLongError",
      elements: { Size: "1025", MaxSizeAllowed: "1024" },
    });
    expect(() => parse(`/b/${"k".repeat(1025)}`)).toThrow(refused);
    expect(() => parse(`/b/k${"%C3%A9".repeat(512)}`)).toThrow(refused);
  });

  it.each(["//k", "//", `/${"b".repeat(256)}/k`])("refuses the empty or endless bucket name of %j", (target) => {
    expect(() => parse(target)).toThrow(expect.objectContaining({ code: "InvalidBucketName" }));
  });
});

describe("the query", () => {
  it("is decoded in order, with + as a space", () => {
    const { pairs, query } = parse("/b?prefix=a+b%2Bc&delete&&x=1=2&x=&%C3%A9=%C3%A9");
    expect(pairs).toEqual([
      ["prefix", "a b+c"],
      ["delete", ""],
      ["x", "1=2"],
      ["x", ""],
      ["é", "é"],
    ]);
    expect(query.get("prefix")).toBe("a b+c");
    expect(query.getAll("x")).toEqual(["1=2", ""]);
  });

  it("starts at the first question mark", () => {
    expect(parse("/b/k?a=?b")).toMatchObject({ key: "k", pairs: [["a", "?b"]], rawPath: "/b/k" });
  });
});

describe("an address in virtual-host style", () => {
  it.each([
    ["/k", "b.s3.example.com", "b", "k"],
    ["/k", "B.S3.Example.Com:9000", "b", "k"],
    ["/k", "b.s3.example.com.", "b", "k"],
    ["/", "b.s3.example.com", "b", undefined],
    ["//", "b.s3.example.com", "b", "/"],
    ["/a/b", "my.dotted.b.s3.example.com", "my.dotted.b", "a/b"],
  ])("%s at %s", (target, host, bucket, key) => {
    expect(names(target, host)).toEqual([bucket, key, true]);
  });

  it.each(["s3.example.com", "s3.example.com:443", "xs3.example.com", "example.com", "localhost", "[::1]:9000"])(
    "does not take a bucket from %s",
    (host) => {
      expect(names("/b/k", host)).toEqual(["b", "k", false]);
    },
  );

  it("takes the longest domain, and none for a domain itself", () => {
    const domains = ["example.com", "s3.example.com"];
    expect(parse("/k", "b.s3.example.com", domains).bucket).toBe("b");
    expect(parse("/k", "s3.example.com", domains)).toMatchObject({ bucket: "k", virtualHost: false });
    expect(parse("/k", "b.example.com", domains).bucket).toBe("b");
  });
});

describe("the Host header", () => {
  it.each(["", "a:b@c", "a b", "a/b", "a..b:x", "a:123456", "[::1", "-a", "a\\b", "a?b", "é"])(
    "%j is refused",
    (host) => {
      expect(() => parse("/b/k", host)).toThrow(expect.objectContaining({ code: "BadRequest" }));
    },
  );

  it("may be absent, as in HTTP/1.0", () => {
    expect(parseAddress("/b/k", undefined, [])).toMatchObject({ bucket: "b", key: "k" });
  });

  it("must agree with a request target in absolute form", () => {
    expect(names("http://B.s3.example.com/k?x=1", "b.s3.example.com")).toEqual(["b", "k", true]);
    expect(names("http://s3.example.com?x=1", "s3.example.com")).toEqual([undefined, undefined, false]);
    expect(names("http://s3.example.com", "s3.example.com")).toEqual([undefined, undefined, false]);
    expect(() => parse("http://other.example.com/k", "b.s3.example.com")).toThrow(
      expect.objectContaining({ code: "BadRequest" }),
    );
    expect(() => parse("ftp://b.s3.example.com/k", "b.s3.example.com")).toThrow(
      expect.objectContaining({ code: "InvalidURI" }),
    );
  });
});

describe("the name of a new bucket", () => {
  it.each(["abc", "a1-b2.c3", "0".repeat(63), "my.bucket", "192.168.5"])("%s may be made", (name) => {
    expect(checkBucketName(name)).toBe(name);
  });

  it.each([
    "ab",
    "a".repeat(64),
    "Abc",
    "a_b",
    "-abc",
    "abc-",
    ".abc",
    "abc.",
    "foo..bar",
    "foo.-bar",
    "foo-.bar",
    "192.168.5.4",
    "xn--abc",
    "sthree-abc",
    "amzn-s3-demo-bucket",
    "abc-s3alias",
    "abc--ol-s3",
    "abc.mrap",
    "abc--x-s3",
    "abc--table-s3",
    "a b",
    "abc\n",
    "",
  ])("%j may not", (name) => {
    expect(() => checkBucketName(name)).toThrow(
      expect.objectContaining({ code: "InvalidBucketName", elements: { BucketName: name } }),
    );
  });
});

describe("raw headers", () => {
  it("are read into lower-case names, repeated ones joined by a comma", () => {
    expect({ ...readRawHeaders(["Accept", "a", "ACCEPT", "b", "X-Amz-Meta-A", "1", "x-amz-meta-a", "2"]) }).toEqual({
      accept: "a,b",
      "x-amz-meta-a": "1,2",
    });
  });

  it("are UTF-8 where their bytes are, else latin1", () => {
    expect(
      readRawHeaders(["x-amz-meta-a", Buffer.from("é😀").toString("latin1"), "x-amz-meta-b", "caf\xe9"]),
    ).toMatchObject({
      "x-amz-meta-a": "é😀",
      "x-amz-meta-b": "café",
    });
  });

  it("may be named like a property of every object", () => {
    const headers = readRawHeaders(["__proto__", "x", "constructor", "y"]);
    expect(Object.keys(headers)).toEqual(["__proto__", "constructor"]);
    expect(readRawHeaders([])["constructor"]).toBeUndefined();
  });

  it.each([
    "Host",
    "Authorization",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "x-amz-date",
    "X-Amz-Content-SHA256",
    "x-amz-security-token",
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-tagging",
  ])("refuse %s twice, even with equal values", (name) => {
    expect(() => readRawHeaders([name, "1", name.toUpperCase(), "1"])).toThrow(
      expect.objectContaining({ code: "InvalidArgument", elements: { ArgumentName: name.toLowerCase() } }),
    );
  });
});
