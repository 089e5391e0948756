// UploadPartCopy: a stored object, or a range of one, as a part.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete, partList, startUpload } from "../support/multipart.ts";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  await on.put("source", "0123456789");
});
afterAll(() => on[Symbol.asyncDispose]());

const copyPart = (uploadId: string, headers: Readonly<Record<string, string>>, key = "k") =>
  on.call("PUT", key, {
    query: { uploadId, partNumber: "1" },
    headers: { "x-amz-copy-source": `${BUCKET}/source`, ...headers },
  });

describe("UploadPartCopy", () => {
  it.each([
    [{}, "0123456789"],
    [{ "x-amz-copy-source-range": "bytes=2-4" }, "234"],
    [{ "x-amz-copy-source-range": "bytes=0-9" }, "0123456789"],
  ])("with %j makes a part of %j", async (headers, text) => {
    const uploadId = await startUpload(on, "k", { "x-amz-checksum-algorithm": "SHA256" });
    const answer = await copyPart(uploadId, headers);
    const etag = createHash("md5").update(text).digest("hex");
    expect([texts(answer, "ETag"), texts(answer, "ChecksumSHA256")]).toEqual([
      [`&quot;${etag}&quot;`],
      [createHash("sha256").update(text).digest("base64")],
    ]);
    expect(await complete(on, "k", uploadId, partList([{ partNumber: 1, etag }]))).toMatchObject({ status: 200 });
    expect((await on.get("k")).text).toBe(text);
  });

  it("refuses ranges that are malformed or lie outside", async () => {
    const uploadId = await startUpload(on, "k");
    for (const range of ["0-2", "bytes=0", "bytes=0-2,3-5", "bytes=4-2"])
      expect(await copyPart(uploadId, { "x-amz-copy-source-range": range })).toMatchObject({
        status: 400,
        code: "InvalidArgument",
      });
    expect(await copyPart(uploadId, { "x-amz-copy-source-range": "bytes=0-10" })).toMatchObject({
      status: 416,
      code: "InvalidRange",
    });
  });

  it("checks upload, source and conditions like UploadPart and CopyObject", async () => {
    const uploadId = await startUpload(on, "k");
    expect(await copyPart("none", {})).toMatchObject({ status: 404, code: "NoSuchUpload" });
    expect(await copyPart(uploadId, { "x-amz-copy-source": `${BUCKET}/nothing` })).toMatchObject({
      status: 404,
      code: "NoSuchKey",
    });
    expect(await copyPart(uploadId, { "x-amz-copy-source-if-match": '"other"' })).toMatchObject({
      status: 412,
      code: "PreconditionFailed",
    });
    expect(
      await copyPart(uploadId, { "x-amz-copy-source-server-side-encryption-customer-algorithm": "x" }),
    ).toMatchObject({ status: 400 });
  });
});
