// DeleteBucket: deletes only an empty bucket.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

describe("DeleteBucket", () => {
  it("keeps a bucket that holds an object", async () => {
    await on.put("k", "x");
    expect(await on.call("DELETE", "")).toMatchObject({ status: 409, code: "BucketNotEmpty" });
    expect((await on.get("k")).text).toBe("x");
  });

  it("deletes an empty one, unfinished uploads or not, and everything in it is gone", async () => {
    await on.ok("DELETE", "k");
    await startUpload(on, "unfinished");
    expect(await on.call("DELETE", "")).toMatchObject({ status: 204, text: "" });
    expect(await on.call("DELETE", "")).toMatchObject({ status: 404, code: "NoSuchBucket" });
    expect(await on.get("k")).toMatchObject({ status: 404, code: "NoSuchBucket" });
    expect(await on.call("PUT", "k", { body: "x" })).toMatchObject({ status: 404, code: "NoSuchBucket" });
  });
});
