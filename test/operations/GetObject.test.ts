// GetObject through the gateway: conditions, ranges, parts, overrides.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { presign } from "../support/sign.ts";

let on: OpenBucket;
let etag: string;
beforeAll(async () => {
  on = await openBucket();
  etag = String((await on.put("digits", "0123456789", { "content-type": "text/plain" })).headers["etag"]);
});
afterAll(() => on[Symbol.asyncDispose]());

describe("GetObject", () => {
  it("returns the bytes, how it served them, and that it accepts ranges", async () => {
    const answer = await on.get("digits");
    expect(answer).toMatchObject({ status: 200, text: "0123456789" });
    expect(answer.headers).toMatchObject({ "accept-ranges": "bytes", "content-length": "10", etag });
    expect(answer.headers["x-nearbucket-served"]).toMatch(/^proxy; reason=/);
  });

  it("answers NoSuchKey for other keys", async () => {
    expect(await on.get("nothing")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect((await on.get("nothing")).text).toContain("<Key>nothing</Key>");
  });

  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=4-", "456789", "bytes 4-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=8-100", "89", "bytes 8-9/10"],
  ])("answers %s with those bytes", async (range, text, contentRange) => {
    const answer = await on.get("digits", { range });
    expect(answer).toMatchObject({ status: 206, text });
    expect(answer.headers).toMatchObject({ "content-range": contentRange, "content-length": String(text.length) });
  });

  it.each(["bytes=5-2", "bytes=0-1,3-4", "bytes=x"])("answers %s with the whole object", async (range) => {
    expect(await on.get("digits", { range })).toMatchObject({ status: 200, text: "0123456789" });
  });

  it("names the valid range when the requested one lies outside", async () => {
    const answer = await on.get("digits", { range: "bytes=10-" });
    expect(answer).toMatchObject({ status: 416, code: "InvalidRange" });
    expect(answer.headers["content-range"]).toBe("bytes */10");
    expect(answer.text).toContain("<ActualObjectSize>10</ActualObjectSize>");
  });

  it("applies a range only to the object that If-Range names", async () => {
    expect(await on.get("digits", { range: "bytes=0-0", "if-range": etag })).toMatchObject({ status: 206 });
    expect(await on.get("digits", { range: "bytes=0-0", "if-range": '"other"' })).toMatchObject({ status: 200 });
  });

  it("answers 304 without a body, with what a cache needs", async () => {
    const answer = await on.get("digits", { "if-none-match": etag });
    expect(answer).toMatchObject({ status: 304, text: "" });
    expect(answer.headers["etag"]).toBe(etag);
    expect(answer.headers["last-modified"]).toBeDefined();
    const { "last-modified": modified = "" } = answer.headers;
    expect(await on.get("digits", { "if-modified-since": modified })).toMatchObject({ status: 304 });
  });

  it("answers 412 by the condition's name", async () => {
    const answer = await on.get("digits", { "if-match": '"other"' });
    expect(answer).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect(answer.text).toContain("<Condition>If-Match</Condition>");
    expect(await on.get("digits", { "if-unmodified-since": "Sun, 01 Mar 2020 12:00:00 GMT" })).toMatchObject({
      status: 412,
    });
  });

  it("takes the range only after the conditions", async () => {
    expect(await on.get("digits", { "if-none-match": etag, range: "bytes=99-" })).toMatchObject({ status: 304 });
  });

  it("puts response-* parameters over the stored headers", async () => {
    const query =
      "response-content-type=a%2Fb&response-content-disposition=c&response-cache-control=d&response-expires=e&response-content-language=f&response-content-encoding=g";
    expect((await on.get("digits", {}, query)).headers).toMatchObject({
      "content-type": "a/b",
      "content-disposition": "c",
      "cache-control": "d",
      expires: "e",
      "content-language": "f",
      "content-encoding": "g",
    });
    expect(await on.get("digits", {}, "response-content-type=a%0D%0Ab")).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
  });

  it("gives part 1 of an object that has no parts as the whole, and no other", async () => {
    expect(await on.get("digits", {}, "partNumber=1")).toMatchObject({ status: 206, text: "0123456789" });
    expect(await on.get("digits", {}, "partNumber=2")).toMatchObject({ status: 416, code: "InvalidPartNumber" });
    expect(await on.get("digits", {}, "partNumber=0")).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await on.get("digits", { range: "bytes=0-0" }, "partNumber=1")).toMatchObject({
      status: 400,
      code: "InvalidRequest",
    });
  });

  it("knows the null version and no other", async () => {
    expect(await on.get("digits", {}, "versionId=null")).toMatchObject({ status: 200 });
    expect(await on.get("digits", {}, "versionId=abc")).toMatchObject({ status: 404, code: "NoSuchVersion" });
  });

  it("refuses a customer's key: no object is encrypted with one", async () => {
    expect(await on.get("digits", { "x-amz-server-side-encryption-customer-algorithm": "AES256" })).toMatchObject({
      status: 400,
      code: "InvalidRequest",
    });
  });

  it("takes no reply headers from a URL: it is not a node", async () => {
    const told = Buffer.from(JSON.stringify({ etag: '"told"' })).toString("base64url");
    const url = presign(
      { endpoint: on.gateway.url, ...on.gateway.clientConfig.credentials },
      { path: `/${BUCKET}/digits`, query: { "x-nearbucket-reply": told } },
    );
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("etag")]).toEqual([200, etag]);
  });
});
