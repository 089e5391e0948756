// Settings that cannot be set here: S3's own answers for a setting that was never made, which clients understand.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  await on.put("k", "x");
});
afterAll(() => on[Symbol.asyncDispose]());

describe("what was never set", () => {
  it.each([
    ["GET ?policy", 404, "NoSuchBucketPolicy"],
    ["GET ?policyStatus", 404, "NoSuchBucketPolicy"],
    ["GET ?cors", 404, "NoSuchCORSConfiguration"],
    ["GET ?tagging", 404, "NoSuchTagSet"],
    ["GET ?lifecycle", 404, "NoSuchLifecycleConfiguration"],
    ["GET ?encryption", 404, "ServerSideEncryptionConfigurationNotFoundError"],
    ["GET ?object-lock", 404, "ObjectLockConfigurationNotFoundError"],
    ["GET ?replication", 404, "ReplicationConfigurationNotFoundError"],
    ["GET ?website", 404, "NoSuchWebsiteConfiguration"],
    ["PUT ?object-lock", 409, "InvalidBucketState"],
    ["GET k?retention", 400, "InvalidRequest"],
    ["PUT k?retention", 400, "InvalidRequest"],
    ["GET k?legal-hold", 400, "InvalidRequest"],
    ["PUT k?legal-hold", 400, "InvalidRequest"],
    ["GET nothing?retention", 404, "NoSuchKey"],
    ["GET nothing?tagging", 404, "NoSuchKey"],
  ])("%s: %i %s", async (line, status, code) => {
    const [method = "", target = ""] = line.split(" ");
    const [key = "", query = ""] = target.split("?");
    expect(await on.call(method, key, { query })).toMatchObject({ status, code });
  });

  it.each([
    ["?notification", "<NotificationConfiguration "],
    ["?logging", "<BucketLoggingStatus "],
    ["?requestPayment", "<Payer>BucketOwner</Payer>"],
    ["k?tagging", "<TagSet/>"],
  ])("GET %s says %s", async (target, text) => {
    const [key = "", query = ""] = target.split("?");
    const answer = await on.get(key, {}, query);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(text)]);
  });

  it.each(["PUT ?policy", "PUT ?lifecycle", "PUT ?encryption", "PUT ?versioning", "GET k?torrent"])(
    "%s is not implemented, and changes nothing",
    async (line) => {
      const [method = "", target = ""] = line.split(" ");
      const [key = "", query = ""] = target.split("?");
      expect(await on.call(method, key, { query, body: method === "PUT" ? "<a/>" : "" })).toMatchObject({
        status: 501,
        code: "NotImplemented",
      });
      expect((await on.get("k")).text).toBe("x");
    },
  );
});
