// UploadPart: stores bytes under a part number, with the same checks as any upload.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete, partList, sendPart, startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
let uploadId: string;
beforeAll(async () => {
  on = await openBucket();
  uploadId = await startUpload(on, "k");
});
afterAll(() => on[Symbol.asyncDispose]());

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");

describe("UploadPart", () => {
  it("answers with the md5 of the part", async () => {
    expect((await sendPart(on, "k", uploadId, 1, "hello")).headers["etag"]).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  it.each([0, 10_001, -1])("refuses the number %i", async (partNumber) => {
    expect(await sendPart(on, "k", uploadId, partNumber, "x")).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("knows the upload by bucket, key and id together", async () => {
    expect(await sendPart(on, "k", "none", 1, "x")).toMatchObject({ status: 404, code: "NoSuchUpload" });
    expect(await sendPart(on, "other", uploadId, 1, "x")).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });

  it("keeps the latest part of a number", async () => {
    const again = await startUpload(on, "again");
    await sendPart(on, "again", again, 1, "first");
    const second = await sendPart(on, "again", again, 1, "second");
    const first = createHash("md5").update("first").digest("hex");
    expect(await complete(on, "again", again, partList([{ partNumber: 1, etag: first }]))).toMatchObject({
      status: 400,
      code: "InvalidPart",
    });
    expect(
      await complete(on, "again", again, partList([{ partNumber: 1, etag: String(second.headers["etag"]) }])),
    ).toMatchObject({ status: 200 });
    expect((await on.get("again")).text).toBe("second");
  });

  it("checks what the client claims, and stores nothing that differs", async () => {
    expect(
      await sendPart(on, "k", uploadId, 7, "x", { "content-md5": createHash("md5").update("y").digest("base64") }),
    ).toMatchObject({ code: "BadDigest" });
    expect(await sendPart(on, "k", uploadId, 7, "x", { "x-amz-checksum-sha256": sha256("y") })).toMatchObject({
      code: "BadDigest",
    });
    expect((await on.call("GET", "k", { query: { uploadId } })).text).not.toContain("<PartNumber>7</PartNumber>");
  });

  it("computes the upload's checksum where the client sends none, and takes no other", async () => {
    const checked = await startUpload(on, "checked", { "x-amz-checksum-algorithm": "SHA256" });
    expect((await sendPart(on, "checked", checked, 1, "x")).headers["x-amz-checksum-sha256"]).toBe(sha256("x"));
    expect(await sendPart(on, "checked", checked, 1, "x", { "x-amz-checksum-crc32": "AAAAAA==" })).toMatchObject({
      status: 400,
      code: "InvalidRequest",
    });
  });

  it("asks for no byte of a part it refuses", async () => {
    const answer = await on.call("PUT", "k", {
      query: { uploadId: "none", partNumber: "1" },
      body: Buffer.alloc(1 << 20),
      expectContinue: true,
    });
    expect(answer).toMatchObject({ status: 404, sawContinue: false, bytesSent: 0 });
  });
});
