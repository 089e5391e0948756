// ListBuckets: the caller's own buckets, page by page.
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  for (const name of ["b-2", "a-1", "b-1"]) await on.fetch({ method: "PUT", path: `/${name}` });
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) => on.fetch({ path: "/", query });

describe("ListBuckets", () => {
  it("lists them in order, with owner, date and region", async () => {
    const { Buckets, Owner } = await on.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["a-1", "b-1", "b-2", "bucket"]);
    expect([Buckets?.[0]?.CreationDate, Buckets?.[0]?.BucketRegion, Owner?.ID]).toEqual([
      expect.any(Date),
      "us-east-1",
      "root",
    ]);
  });

  it("filters by prefix and continues by token", async () => {
    expect(texts(await list({ prefix: "b-" }), "Name")).toEqual(["b-1", "b-2"]);
    const first = await list({ "max-buckets": "3" });
    const [token = ""] = texts(first, "ContinuationToken");
    expect(texts(first, "Name")).toEqual(["a-1", "b-1", "b-2"]);
    const second = await list({ "max-buckets": "3", "continuation-token": token });
    expect([texts(second, "Name"), texts(second, "ContinuationToken")]).toEqual([["bucket"], []]);
  });

  it("refuses other sizes and other people's tokens", async () => {
    for (const size of ["0", "10001", "x"])
      expect(await list({ "max-buckets": size })).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await list({ "continuation-token": "garbage" })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("shows nobody the buckets of others", async () => {
    const { s3 } = await on.gateway.addAccount("other");
    expect((await s3.send(new ListBucketsCommand({}))).Buckets).toEqual([]);
    expect(await on.fetch({ path: "/", authentication: "anonymous" })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
  });
});
