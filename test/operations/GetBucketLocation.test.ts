// GetBucketLocation: empty for us-east-1, else the gateway's region.
import { describe, expect, it } from "vitest";
import { openBucket } from "../support/open-bucket.ts";

describe("GetBucketLocation", () => {
  it.each([
    ["us-east-1", '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'],
    ["eu-west-1", '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'],
  ])("of a gateway in %s is %s", async (region, element) => {
    await using on = await openBucket({ config: { region } });
    expect((await on.get("", {}, "location")).text).toContain(element);
  });
});
