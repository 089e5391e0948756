// What the console reads from an object's headers, writes into them, and shows of its content.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../src/console/screens/browse/names.ts";
import { metadataFault, tagFault } from "../../src/console/screens/details/pairs.ts";
import { previewKind } from "../../src/console/screens/details/preview-kind.ts";
import { formatAgo, formatBytes } from "../../src/console/ui/format.ts";
import { fromHeader, toHeader } from "../../src/console/wire/header-text.ts";

describe("header values", () => {
  it("carry any text there and back", () => {
    const text = fc.string({ unit: "binary" }).filter((some) => !/\p{Surrogate}/u.test(some) && !some.includes("=?"));
    fc.assert(
      fc.property(text, (some) => {
        expect(toHeader(some)).not.toMatch(/[^\0-\xff]/);
        expect(fromHeader(toHeader(some))).toBe(some);
      }),
    );
  });

  it("are latin1 where they are no UTF-8, and encoded words are decoded", () => {
    expect(fromHeader("Zo\xeb")).toBe("Zoë");
    expect(fromHeader("=?UTF-8?B?Wm/Dqw==?=")).toBe("Zoë");
    expect(fromHeader("=?utf-8?q?Zo=C3=AB_x?=")).toBe("Zoë x");
    expect(fromHeader("=?UTF-8?B?%%%?=")).toBe("=?UTF-8?B?%%%?=");
  });
});

describe("pairs", () => {
  const pair = (name: string, value = "x") => ({ name, value });
  it.each([
    [[pair("a"), pair("b")], true],
    [[pair("")], false],
    [[pair("a"), pair("a")], false],
    [[pair("a<b")], false],
    [[pair("x".repeat(129))], false],
    [Array.from({ length: 11 }, (_, index) => pair(`t${index}`)), false],
  ])("%j may be tags: %j", (pairs, may) => {
    expect(tagFault(pairs) === undefined).toBe(may);
  });

  it.each([
    [[pair("a", "Zoë")], true],
    [[pair("A"), pair("a")], false],
    [[pair("a b")], false],
    [[pair("a", "1\n2")], false],
    [[pair("a", "x".repeat(2048))], false],
  ])("%j may be metadata: %j", (pairs, may) => {
    expect(metadataFault(pairs) === undefined).toBe(may);
  });
});

describe("previews", () => {
  it.each([
    ["text/html", "a", "text"],
    ["application/xhtml+xml", "a", "text"],
    ["image/svg+xml; charset=utf-8", "a", "image"],
    ["image/tiff", "a", "none"],
    ["application/pdf", "a", "pdf"],
    ["application/zip", "a.txt", "none"],
    [undefined, "a.HTML", "text"],
    ["binary/octet-stream", "a.jpg", "image"],
    ["VIDEO/MP4", "a", "video"],
  ])("%s of %s is shown as %s", (type, key, kind) => {
    expect(previewKind(type, key, 1)).toBe(kind);
  });

  it("leave out what is empty, and images too large to fetch unasked", () => {
    expect(previewKind("text/plain", "a", 0)).toBe("none");
    expect(previewKind("image/png", "a", 1e9)).toBe("none");
    expect(previewKind("video/mp4", "a", 1e9)).toBe("video");
  });
});

describe("amounts, times and the order of keys", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [10_230, "9.99 KiB"],
    [10_240, "10.0 KiB"],
    [1024 ** 2 - 1, "1.00 MiB"],
    [1234567, "1.18 MiB"],
    [5e12, "4.55 TiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("tell how long ago something was", () => {
    const now = new Date("2026-11-27T12:00:00Z");
    expect(formatAgo("2026-11-27T11:59:30Z", now)).toBe("just now");
    expect(formatAgo("2026-11-27T09:00:00Z", now)).toBe("3 hours ago");
    expect(formatAgo("2026-11-28T12:00:00Z", now)).toBe("tomorrow");
  });

  it("order keys as S3 lists them, by the bytes of UTF-8", () => {
    const text = fc.string({ unit: "binary" }).filter((some) => !/\p{Surrogate}/u.test(some));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.from(a).compare(Buffer.from(b)));
      }),
    );
  });
});
