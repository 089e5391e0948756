// DeleteObject: the object is gone; deleting it again succeeds.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const remove = (key: string, headers: Readonly<Record<string, string>> = {}, query = "") =>
  on.call("DELETE", key, { headers, query });

describe("DeleteObject", () => {
  it("deletes, and answers the same when there is nothing to delete", async () => {
    await on.put("k", "x");
    expect(await remove("k")).toMatchObject({ status: 204, text: "" });
    expect(await on.get("k")).toMatchObject({ status: 404 });
    expect(await remove("k")).toMatchObject({ status: 204 });
  });

  it("does not change other objects with the same bytes", async () => {
    await on.put("one", "shared");
    await on.put("two", "shared");
    await remove("one");
    expect((await on.get("two")).text).toBe("shared");
  });

  it("deletes only the object that the condition names", async () => {
    const etag = String((await on.put("k", "x")).headers["etag"]);
    const modified = String((await on.call("HEAD", "k")).headers["last-modified"]);
    for (const wrong of [
      { "if-match": '"other"' },
      { "x-amz-if-match-size": "9" },
      { "x-amz-if-match-last-modified-time": "Thu, 01 Jan 2015 00:00:00 GMT" },
    ])
      expect(await remove("k", wrong)).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect(await on.get("k")).toMatchObject({ status: 200 });
    expect(
      await remove("k", {
        "if-match": etag,
        "x-amz-if-match-size": "1",
        "x-amz-if-match-last-modified-time": modified,
      }),
    ).toMatchObject({ status: 204 });
    expect(await on.get("k")).toMatchObject({ status: 404 });
    expect(await remove("k", { "if-match": etag })).toMatchObject({ status: 204 });
  });

  it("deletes the null version; another does not exist, and deleting it deletes nothing", async () => {
    await on.put("k", "x");
    expect(await remove("k", {}, "versionId=abc")).toMatchObject({ status: 204 });
    expect(await on.get("k")).toMatchObject({ status: 200 });
    expect(await remove("k", {}, "versionId=null")).toMatchObject({ status: 204 });
    expect(await on.get("k")).toMatchObject({ status: 404 });
  });
});
