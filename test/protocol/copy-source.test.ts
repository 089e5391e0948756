// The source of a copy: split before it is decoded, and decoded once.
import { describe, expect, it } from "vitest";
import { parseCopySource } from "../../src/protocol/copy-source.ts";

describe("x-amz-copy-source", () => {
  it.each([
    ["bucket/key", "bucket", "key", undefined],
    ["/bucket/key", "bucket", "key", undefined],
    ["/bucket/a/b//c", "bucket", "a/b//c", undefined],
    ["bucket//key", "bucket", "/key", undefined],
    ["bucket/a%2Fb%20c", "bucket", "a/b c", undefined],
    ["bucket%2Fkey", "bucket", "key", undefined],
    ["bucket/a%252Fb", "bucket", "a%2Fb", undefined],
    ["bucket/a+b", "bucket", "a+b", undefined],
    ["bucket/%3FversionId", "bucket", "?versionId", undefined],
    ["bucket/%3FversionId%3Dx", "bucket", "?versionId=x", undefined],
    ["bucket/key?versionId=null", "bucket", "key", "null"],
    ["bucket/ü", "bucket", "ü", undefined],
  ])("%s", (header, bucket, key, versionId) => {
    expect(parseCopySource(header)).toEqual({ bucket, key, versionId });
  });

  it.each(["", "/", "bucket", "/bucket", "bucket/", "//key", "bucket/%", "bucket/%zz", "bucket/%ff"])(
    "%j is refused",
    (header) => {
      expect(() => parseCopySource(header)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
    },
  );
});
