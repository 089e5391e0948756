// HeadBucket: the bucket exists, does not exist, or belongs to another account.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

describe("HeadBucket", () => {
  it("says where the bucket is", async () => {
    const answer = await on.call("HEAD", "");
    expect([answer.status, answer.headers["x-amz-bucket-region"]]).toEqual([200, "us-east-1"]);
  });

  it("answers 404 for no bucket and 403 for another account's, without a body", async () => {
    expect(await on.fetch({ method: "HEAD", path: "/no-such-bucket" })).toMatchObject({ status: 404, text: "" });
    const theirs = signedFetch({ endpoint: on.gateway.url, ...(await on.gateway.addAccount("other")) });
    expect(await theirs({ method: "HEAD", path: "/bucket" })).toMatchObject({ status: 403, text: "" });
  });
});
