// PutBucketTagging, GetBucketTagging, DeleteBucketTagging.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket({ config: { publicAccess: "allowed" } });
});
afterAll(() => on[Symbol.asyncDispose]());

const query = "tagging";
const document = (count: number) => {
  const tags = Array.from({ length: count }, (_, index) => `<Tag><Key>k${index}</Key><Value>v</Value></Tag>`);
  return `<Tagging><TagSet>${tags.join("")}</TagSet></Tagging>`;
};
const NONE = { status: 404, code: "NoSuchTagSet" };

describe("the tags of a bucket", () => {
  it("are none until set, and none again after they were deleted", async () => {
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
    expect(await on.call("PUT", "", { query, body: document(50) })).toMatchObject({ status: 204 });
    expect(texts(await on.ok("GET", "", { query }), "Key")).toHaveLength(50);
    expect(await on.call("PUT", "", { query, body: document(1) })).toMatchObject({ status: 204 });
    expect(texts(await on.ok("GET", "", { query }), "Key")).toEqual(["k0"]);
    expect(await on.call("DELETE", "", { query })).toMatchObject({ status: 204 });
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
    await on.call("PUT", "", { query, body: document(1) });
    expect(await on.call("PUT", "", { query, body: document(0) })).toMatchObject({ status: 204 });
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
  });

  it("do not change the ACL", async () => {
    await on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "public-read" } });
    await on.ok("PUT", "", { query, body: document(1) });
    expect((await on.ok("GET", "", { query: "acl" })).text).toContain("AllUsers");
    await on.ok("PUT", "", { query: "acl", headers: { "x-amz-acl": "private" } });
    expect(texts(await on.ok("GET", "", { query }), "Key")).toEqual(["k0"]);
  });

  it("are fifty at most, and well-formed", async () => {
    await on.call("DELETE", "", { query });
    expect(await on.call("PUT", "", { query, body: document(51) })).toMatchObject({ status: 400, code: "InvalidTag" });
    expect(await on.call("PUT", "", { query, body: "<Tagging>" })).toMatchObject({ status: 400, code: "MalformedXML" });
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
  });
});
