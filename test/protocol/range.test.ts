// The bytes that a Range header or a part number selects.
import { describe, expect, it } from "vitest";
import { rangeOfPart, readCopySourceRange, readPartNumber, readRange } from "../../src/protocol/range.ts";

describe("a Range header", () => {
  it.each([
    ["bytes=0-0", 10, [0, 0]],
    ["bytes=2-5", 10, [2, 5]],
    ["bytes=2-", 10, [2, 9]],
    ["bytes=-3", 10, [7, 9]],
    ["bytes=-30", 10, [0, 9]],
    ["bytes=5-500", 10, [5, 9]],
    ["bytes=0-18446744073709551616", 10, [0, 9]],
  ] as const)("%s of %i bytes", (header, size, [first, last]) => {
    expect(readRange(header, size)).toEqual({ first, last });
  });

  it.each([undefined, "bytes=5-2", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "items=0-1", "bytes=1", "bytes = 0-1", ""])(
    "%s means the whole object",
    (header) => {
      expect(readRange(header, 10)).toBeUndefined();
    },
  );

  it.each([
    ["bytes=10-", 10],
    ["bytes=10-20", 10],
    ["bytes=-0", 10],
    ["bytes=0-", 0],
    ["bytes=-1", 0],
    ["bytes=40-50", 0],
  ])("%s of %i bytes cannot be satisfied", (header, size) => {
    expect(() => readRange(header, size)).toThrow(
      expect.objectContaining({
        code: "InvalidRange",
        status: 416,
        elements: { RangeRequested: header, ActualObjectSize: String(size) },
        headers: { "Content-Range": `bytes */${size}` },
      }),
    );
  });
});

describe("the range of a copy's source", () => {
  it("names both ends", () => {
    expect(readCopySourceRange("bytes=0-4", 5)).toEqual({ first: 0, last: 4 });
    expect(readCopySourceRange(undefined, 5)).toBeUndefined();
  });

  it.each([
    "0-2",
    "bytes=0",
    "bytes=hello-world",
    "bytes=0-bar",
    "bytes=hello-",
    "bytes=0-2,3-5",
    "bytes=2-",
    "bytes=-2",
    "bytes=3-2",
  ])("%s is refused", (header) => {
    expect(() => readCopySourceRange(header, 5)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });

  it("lies inside the source", () => {
    expect(() => readCopySourceRange("bytes=0-5", 5)).toThrow(expect.objectContaining({ code: "InvalidRange" }));
  });
});

describe("a part number", () => {
  it.each(["0", "10001", "-1", "x", "", "1.5"])("%s is refused", (text) => {
    expect(() => readPartNumber(new URLSearchParams({ partNumber: text }))).toThrow(
      expect.objectContaining({
        code: "InvalidArgument",
        elements: { ArgumentName: "partNumber", ArgumentValue: text },
      }),
    );
  });

  it("is absent or between 1 and 10,000", () => {
    expect(readPartNumber(new URLSearchParams())).toBeUndefined();
    expect(readPartNumber(new URLSearchParams("partNumber=10000"))).toBe(10_000);
  });

  const parts = [
    { partNumber: 2, size: 5 },
    { partNumber: 7, size: 3 },
  ];

  it("starts where the parts before it end, even with gaps in the numbers", () => {
    expect(rangeOfPart(2, { size: 8, parts }).range).toEqual({ first: 0, last: 4 });
    expect(rangeOfPart(7, { size: 8, parts }).range).toEqual({ first: 5, last: 7 });
  });

  it("must exist", () => {
    expect(() => rangeOfPart(3, { size: 8, parts })).toThrow(
      expect.objectContaining({ code: "InvalidPartNumber", status: 416 }),
    );
  });

  it("1 is the whole of an object without parts, which has no other part", () => {
    expect(rangeOfPart(1, { size: 8, parts: undefined }).range).toEqual({ first: 0, last: 7 });
    expect(rangeOfPart(1, { size: 0, parts: undefined }).range).toBeUndefined();
    expect(() => rangeOfPart(2, { size: 8, parts: undefined })).toThrow(
      expect.objectContaining({ code: "InvalidPartNumber" }),
    );
  });
});
