// GetObjectAcl: by default full control for the owner and no other grants.
import { GetObjectAclCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { BUCKET, openBucket } from "../support/open-bucket.ts";

describe("GetObjectAcl", () => {
  it("names the owner and the one grant, of an object that is there", async () => {
    await using on = await openBucket();
    await on.put("k", "x");
    const { Grants } = await on.s3.send(new GetObjectAclCommand({ Bucket: BUCKET, Key: "k" }));
    expect(Grants?.map(({ Permission, Grantee }) => [Permission, Grantee?.ID])).toEqual([["FULL_CONTROL", "root"]]);
    expect(await on.get("nothing", {}, "acl")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await on.get("k", {}, "acl&versionId=v1")).toMatchObject({ status: 404, code: "NoSuchVersion" });
  });
});
