// AbortMultipartUpload: the upload is gone; an object with the same key is not changed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendPart, startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

describe("AbortMultipartUpload", () => {
  it("ends the upload, and once only", async () => {
    await on.put("k", "stays");
    const uploadId = await startUpload(on, "k");
    await sendPart(on, "k", uploadId, 1, "x");
    expect(await on.call("DELETE", "k", { query: { uploadId } })).toMatchObject({ status: 204 });
    expect(await on.call("DELETE", "k", { query: { uploadId } })).toMatchObject({ status: 404, code: "NoSuchUpload" });
    expect(await sendPart(on, "k", uploadId, 1, "x")).toMatchObject({ status: 404, code: "NoSuchUpload" });
    expect((await on.get("k")).text).toBe("stays");
  });
});
