// GetBucketAcl: by default full control for the owner and no other grants.
import { GetBucketAclCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { BUCKET, openBucket } from "../support/open-bucket.ts";

describe("GetBucketAcl", () => {
  it("names the owner and the one grant", async () => {
    await using on = await openBucket();
    const { Owner, Grants } = await on.s3.send(new GetBucketAclCommand({ Bucket: BUCKET }));
    expect(Owner).toEqual({ ID: "root", DisplayName: "root" });
    expect(Grants).toEqual([
      { Grantee: { ID: "root", DisplayName: "root", Type: "CanonicalUser" }, Permission: "FULL_CONTROL" },
    ]);
  });
});
