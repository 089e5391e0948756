// GetBucketVersioning: never enabled.
import { GetBucketVersioningCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { BUCKET, openBucket } from "../support/open-bucket.ts";

describe("GetBucketVersioning", () => {
  it("returns an empty document, as S3 does when versioning was never enabled", async () => {
    await using on = await openBucket();
    const { Status, MFADelete } = await on.s3.send(new GetBucketVersioningCommand({ Bucket: BUCKET }));
    expect([Status, MFADelete]).toEqual([undefined, undefined]);
    expect(await on.call("PUT", "", { query: "versioning", body: "x" })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
  });
});
