// GetObjectAttributes: the requested attributes of the object and its parts.
import { GetObjectAttributesCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIN_PART, upload } from "../support/multipart.ts";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
  await on.put("whole", "x");
  await upload(on, "parts", [Buffer.alloc(MIN_PART), Buffer.alloc(MIN_PART), "end"], {
    "x-amz-checksum-algorithm": "CRC32",
  });
});
afterAll(() => on[Symbol.asyncDispose]());

const ALL = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;

describe("GetObjectAttributes", () => {
  it("returns all attributes", async () => {
    const found = await on.s3.send(
      new GetObjectAttributesCommand({ Bucket: BUCKET, Key: "parts", ObjectAttributes: [...ALL] }),
    );
    expect(found).toMatchObject({
      StorageClass: "STANDARD",
      ObjectSize: 2 * MIN_PART + 3,
      Checksum: { ChecksumType: "COMPOSITE", ChecksumCRC32: expect.stringMatching(/-3$/) },
    });
    expect(found.ETag).toMatch(/^[0-9a-f]{32}-3$/);
    expect(found.ObjectParts).toMatchObject({ TotalPartsCount: 3, IsTruncated: false });
    expect(
      found.ObjectParts?.Parts?.map(({ PartNumber, Size, ChecksumCRC32 }) => [PartNumber, Size, typeof ChecksumCRC32]),
    ).toEqual([
      [1, MIN_PART, "string"],
      [2, MIN_PART, "string"],
      [3, 3, "string"],
    ]);
  });

  it("goes through the parts page by page", async () => {
    const page = {
      Bucket: BUCKET,
      Key: "parts",
      ObjectAttributes: ["ObjectParts" as const],
      MaxParts: 1,
      PartNumberMarker: "1",
    };
    const { ObjectParts } = await on.s3.send(new GetObjectAttributesCommand(page));
    expect(ObjectParts).toMatchObject({
      MaxParts: 1,
      PartNumberMarker: "1",
      NextPartNumberMarker: "2",
      IsTruncated: true,
      Parts: [{ PartNumber: 2 }],
    });
  });

  it("returns only the requested attributes", async () => {
    const answer = await on.get("whole", { "x-amz-object-attributes": "ObjectSize,ObjectParts" }, "attributes");
    expect(answer.text).toMatch(
      /<GetObjectAttributesResponse xmlns="[^"]+"><ObjectSize>1<\/ObjectSize><\/GetObjectAttributesResponse>$/,
    );
    expect(await on.get("whole", { "x-amz-object-attributes": "Colour" }, "attributes")).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await on.get("whole", {}, "attributes")).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
