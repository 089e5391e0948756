// AWS's published examples of Signature Version 2, as test vectors.
import { describe, expect, it } from "vitest";
import { EXAMPLE_KEY, refusal, verify, type WireRequest } from "./verify.ts";

const JOHNSMITH: [string, string] = ["Host", "johnsmith.s3.amazonaws.com"];
const v2 = (signature: string): [string, string] => ["Authorization", `AWS ${EXAMPLE_KEY.accessKeyId}:${signature}`];

const examplesV2: [name: string, time: string, request: WireRequest][] = [
  [
    "Object GET",
    "Tue, 27 Mar 2007 19:36:42 +0000",
    {
      method: "GET",
      target: "/photos/puppy.jpg",
      headers: [JOHNSMITH, ["Date", "Tue, 27 Mar 2007 19:36:42 +0000"], v2("bWq2s1WEIj+Ydj0vQ697zp+IXMU=")],
    },
  ],
  [
    "Object PUT",
    "Tue, 27 Mar 2007 21:15:45 +0000",
    {
      method: "PUT",
      target: "/photos/puppy.jpg",
      headers: [
        ["Content-Type", "image/jpeg"],
        ["Content-Length", "94328"],
        JOHNSMITH,
        ["Date", "Tue, 27 Mar 2007 21:15:45 +0000"],
        v2("MyyxeRY7whkBe+bq8fHCL/2kKUg="),
      ],
    },
  ],
  [
    "List",
    "Tue, 27 Mar 2007 19:42:41 +0000",
    {
      method: "GET",
      target: "/?prefix=photos&max-keys=50&marker=puppy",
      headers: [JOHNSMITH, ["Date", "Tue, 27 Mar 2007 19:42:41 +0000"], v2("htDYFYduRNen8P9ZfE/s9SuKy0U=")],
    },
  ],
  [
    "Fetch",
    "Tue, 27 Mar 2007 19:44:46 +0000",
    {
      method: "GET",
      target: "/?acl",
      headers: [JOHNSMITH, ["Date", "Tue, 27 Mar 2007 19:44:46 +0000"], v2("c2WLPFtWHVgbEmeEG93a4cG37dM=")],
    },
  ],
  [
    "Upload, in path style (what is signed names the bucket either way)",
    "Tue, 27 Mar 2007 21:06:08 +0000",
    {
      method: "PUT",
      target: "/static.johnsmith.net/db-backup.dat.gz",
      headers: [
        ["Host", "s3.amazonaws.com"],
        ["Date", "Tue, 27 Mar 2007 21:06:08 +0000"],
        ["x-amz-acl", "public-read"],
        ["content-type", "application/x-download"],
        ["Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="],
        ["X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"],
        ["X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"],
        ["X-Amz-Meta-FileChecksum", "0x02661779"],
        ["X-Amz-Meta-ChecksumAlgorithm", "crc32"],
        ["Content-Disposition", "attachment; filename=database.dat"],
        ["Content-Encoding", "gzip"],
        ["Content-Length", "5913339"],
        v2("ilyl83RwaSoYIEdixDQcA4OnAnc="),
      ],
    },
  ],
  [
    "List All My Buckets",
    "Wed, 28 Mar 2007 01:29:59 +0000",
    {
      method: "GET",
      target: "/",
      headers: [
        ["Host", "s3.amazonaws.com"],
        ["Date", "Wed, 28 Mar 2007 01:29:59 +0000"],
        v2("qGdzdERIC03wnaRNKh6OqZehG9s="),
      ],
    },
  ],
  [
    "Unicode Keys",
    "Wed, 28 Mar 2007 01:49:49 +0000",
    {
      method: "GET",
      target: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
      headers: [
        ["Host", "s3.amazonaws.com"],
        ["Date", "Wed, 28 Mar 2007 01:49:49 +0000"],
        v2("DNEZGsoieTZ92F3bUfSPQcbGmlM="),
      ],
    },
  ],
  [
    "Query String Request Authentication",
    "Thu, 29 Mar 2007 03:00:00 +0000",
    {
      method: "GET",
      target:
        "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
      headers: [JOHNSMITH],
    },
  ],
];

describe("Signature Version 2", () => {
  it.each(examplesV2)("verifies the example %s", async (_name, time, request) => {
    expect((await verify(request, new Date(time))).caller.account).toMatchObject({ id: 7 });
  });

  it.each(examplesV2)("refuses the example %s for another method", async (_name, time, request) => {
    expect(await refusal(verify({ ...request, method: "POST" }, new Date(time)))).toMatchObject({
      code: "SignatureDoesNotMatch",
      status: 403,
    });
  });
});
