// ListParts: the uploaded parts, page by page.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendPart, startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
let uploadId: string;
beforeAll(async () => {
  on = await openBucket();
  uploadId = await startUpload(on, "a%20b", { "x-amz-checksum-algorithm": "CRC32" });
  for (const partNumber of [5, 1, 3]) await sendPart(on, "a%20b", uploadId, partNumber, "x".repeat(partNumber));
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) =>
  on.call("GET", "a%20b", { query: { uploadId, ...query } });

describe("ListParts", () => {
  it("lists them in order, with their attributes", async () => {
    const answer = await list();
    expect([texts(answer, "PartNumber"), texts(answer, "Size"), texts(answer, "IsTruncated")]).toEqual([
      ["1", "3", "5"],
      ["1", "3", "5"],
      ["false"],
    ]);
    expect([texts(answer, "Key"), texts(answer, "ChecksumCRC32").length, texts(answer, "ETag").length]).toEqual([
      ["a b"],
      3,
      3,
    ]);
    expect(texts(await list({ "encoding-type": "url" }), "Key")).toEqual(["a%20b"]);
  });

  it("continues from the marker", async () => {
    const first = await list({ "max-parts": "2" });
    expect([texts(first, "PartNumber"), texts(first, "IsTruncated"), texts(first, "NextPartNumberMarker")]).toEqual([
      ["1", "3"],
      ["true"],
      ["3"],
    ]);
    const second = await list({ "max-parts": "2", "part-number-marker": "3" });
    expect([texts(second, "PartNumber"), texts(second, "IsTruncated")]).toEqual([["5"], ["false"]]);
  });

  it("refuses numbers that are malformed, and an unknown upload", async () => {
    expect(await list({ "max-parts": "x" })).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await list({ "part-number-marker": "x" })).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await on.call("GET", "a%20b", { query: { uploadId: "none" } })).toMatchObject({
      status: 404,
      code: "NoSuchUpload",
    });
  });
});
