// PutBucketAcl: private may be said, canned or written out; what is no list is refused.
import { describe, expect, it } from "vitest";
import { openBucket } from "./open-bucket.ts";

const policy = (id: string, permission: string) =>
  `<AccessControlPolicy><Owner><ID>root</ID></Owner><AccessControlList><Grant><Grantee><ID>${id}</ID></Grantee><Permission>${permission}</Permission></Grant></AccessControlList></AccessControlPolicy>`;

describe("PutBucketAcl", () => {
  it("accepts private, canned or written out, and refuses what is no list", async () => {
    await using on = await openBucket();

    const put = (headers: Readonly<Record<string, string>>, body = "") => on.call("PUT", "", { query: "acl", headers, body });
    expect(await put({ "x-amz-acl": "private" })).toMatchObject({ status: 200 });
    expect(await put({}, policy("root", "FULL_CONTROL"))).toMatchObject({ status: 200 });
    expect(await put({ "x-amz-acl": "nonsense" })).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await put({}, "<AccessControlPolicy>")).toMatchObject({ status: 400, code: "MalformedXML" });
  });
});
