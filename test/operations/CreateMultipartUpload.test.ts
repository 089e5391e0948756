// CreateMultipartUpload: takes the object's attributes, and refuses unsupported ones at once.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upload } from "../support/multipart.ts";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const start = (key: string, headers: Readonly<Record<string, string>> = {}) =>
  on.call("POST", key, { query: "uploads", headers });

describe("CreateMultipartUpload", () => {
  it("returns bucket, key and upload id", async () => {
    const answer = await start("a%20b");
    expect([texts(answer, "Bucket"), texts(answer, "Key")]).toEqual([[BUCKET], ["a b"]]);
    expect(texts(answer, "UploadId")[0]).toMatch(/^[\w.-]{8,}$/);
  });

  it("gives the attributes to the object", async () => {
    await upload(on, "k", ["x"], { "content-type": "text/x", "x-amz-meta-a": "b" });
    expect((await on.get("k")).headers).toMatchObject({ "content-type": "text/x", "x-amz-meta-a": "b" });
  });

  it("says which checksum the object will have", async () => {
    expect((await start("k", { "x-amz-checksum-algorithm": "CRC32" })).headers).toMatchObject({
      "x-amz-checksum-algorithm": "CRC32",
      "x-amz-checksum-type": "COMPOSITE",
    });
    expect((await start("k", { "x-amz-checksum-algorithm": "CRC64NVME" })).headers).toMatchObject({
      "x-amz-checksum-type": "FULL_OBJECT",
    });
    expect(
      await start("k", { "x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT" }),
    ).toMatchObject({
      status: 400,
      code: "InvalidRequest",
    });
  });

  it("refuses what PutObject refuses", async () => {
    expect(await start("k", { "x-amz-storage-class": "NONSENSE" })).toMatchObject({
      status: 400,
      code: "InvalidStorageClass",
    });
    expect(await start("k", { "x-amz-object-lock-mode": "GOVERNANCE" })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
    expect(await on.fetch({ method: "POST", path: "/no-such-bucket/k", query: "uploads" })).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });
});
