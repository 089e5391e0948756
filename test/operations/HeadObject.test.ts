// HeadObject: the headers of GetObject without the bytes, never redirected.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
let etag: string;
beforeAll(async () => {
  on = await openBucket({ config: { redirect: { mode: "always" } } });
  etag = String(
    (await on.put("digits", "0123456789", { "x-amz-meta-a": "b", "x-amz-storage-class": "STANDARD_IA" })).headers[
      "etag"
    ],
  );
});
afterAll(() => on[Symbol.asyncDispose]());

const head = (key: string, headers: Readonly<Record<string, string>> = {}, query = "") =>
  on.call("HEAD", key, { headers, query });

describe("HeadObject", () => {
  it("returns size and attributes from metadata, even where every read is redirected", async () => {
    const answer = await head("digits");
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers).toMatchObject({
      "content-length": "10",
      etag,
      "x-amz-meta-a": "b",
      "x-amz-storage-class": "STANDARD_IA",
    });
  });

  it("answers ranges, parts and conditions as a read would", async () => {
    expect((await head("digits", { range: "bytes=2-5" })).headers).toMatchObject({
      "content-length": "4",
      "content-range": "bytes 2-5/10",
    });
    expect(await head("digits", {}, "partNumber=1")).toMatchObject({ status: 206 });
    expect(await head("digits", { "if-none-match": etag })).toMatchObject({ status: 304 });
    expect(await head("digits", { "if-match": '"x"' })).toMatchObject({ status: 412, text: "" });
  });

  it("answers only 404 for a missing object", async () => {
    expect(await head("nothing")).toMatchObject({ status: 404, text: "" });
  });
});
