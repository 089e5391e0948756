// Request line to operation, as a table; a request without an operation is refused by name.
import { describe, expect, it } from "vitest";
import { type AnyOperation, operation } from "../../src/operations/operation.ts";
import { route } from "../../src/operations/route.ts";
import { operations } from "../../src/operations/table.ts";
import { BUCKET_SUBRESOURCES, OBJECT_SUBRESOURCES } from "../../src/operations/unsupported.ts";
import { parseAddress } from "../../src/protocol/address.ts";

const decide = route(operations);
const COPY = { "x-amz-copy-source": "b/k" };

function routed(line: string, headers: Readonly<Record<string, string>> = {}, host = "s3.test"): string {
  const [method = "", target = ""] = line.split(" ");
  return decide(method, parseAddress(target, host, ["s3.test"]), headers).name;
}

const LINES: readonly (readonly [line: string, operation: string])[] = [
  ["GET /", "ListBuckets"],
  ["GET /?x-id=ListBuckets", "ListBuckets"],
  ["PUT /b", "CreateBucket"],
  ["PUT /b/", "CreateBucket"],
  ["HEAD /b", "HeadBucket"],
  ["DELETE /b", "DeleteBucket"],
  ["GET /b", "ListObjects"],
  ["GET /b?list-type=1", "ListObjects"],
  ["GET /b?prefix=a&delimiter=/", "ListObjects"],
  ["GET /b/?list-type=2&prefix=a", "ListObjectsV2"],
  ["GET /b?versions", "ListObjectVersions"],
  ["GET /b?location", "GetBucketLocation"],
  ["GET /b?location=", "GetBucketLocation"],
  ["GET /b?versioning", "GetBucketVersioning"],
  ["GET /b?acl", "GetBucketAcl"],
  ["PUT /b?acl", "PutBucketAcl"],
  ["GET /b?uploads", "ListMultipartUploads"],
  ["POST /b?delete", "DeleteObjects"],
  ["GET /b/k", "GetObject"],
  ["GET /b/a/b/c", "GetObject"],
  ["GET /b//", "GetObject"],
  ["GET /b/k?partNumber=1", "GetObject"],
  ["GET /b/k?versionId=null", "GetObject"],
  ["GET /b/k?response-content-type=a", "GetObject"],
  ["GET /b/k?x-nearbucket-redirect=never", "GetObject"],
  ["GET /b/k?location", "GetObject"],
  ["HEAD /b/k", "HeadObject"],
  ["HEAD /b/k?partNumber=1", "HeadObject"],
  ["PUT /b/k", "PutObject"],
  ["PUT /b/k?partNumber=1", "PutObject"],
  ["DELETE /b/k", "DeleteObject"],
  ["GET /b/k?acl", "GetObjectAcl"],
  ["PUT /b/k?acl", "PutObjectAcl"],
  ["GET /b/k?attributes", "GetObjectAttributes"],
  ["GET /b?policy", "GetBucketPolicy"],
  ["GET /b?policyStatus", "GetBucketPolicyStatus"],
  ["GET /b?cors", "GetBucketCors"],
  ["PUT /b?cors", "PutBucketCors"],
  ["DELETE /b?cors", "DeleteBucketCors"],
  ["GET /b?tagging", "GetBucketTagging"],
  ["GET /b?lifecycle", "GetBucketLifecycleConfiguration"],
  ["GET /b?encryption", "GetBucketEncryption"],
  ["GET /b?object-lock", "GetObjectLockConfiguration"],
  ["GET /b?replication", "GetBucketReplication"],
  ["GET /b?website", "GetBucketWebsite"],
  ["GET /b?publicAccessBlock", "GetPublicAccessBlock"],
  ["GET /b?notification", "GetBucketNotificationConfiguration"],
  ["GET /b?logging", "GetBucketLogging"],
  ["GET /b?requestPayment", "GetBucketRequestPayment"],
  ["DELETE /b?publicAccessBlock", "DeletePublicAccessBlock"],
  ["PUT /b?publicAccessBlock", "PutPublicAccessBlock"],
  ["PUT /b?object-lock", "PutObjectLockConfiguration"],
  ["GET /b/k?retention", "GetObjectRetention"],
  ["GET /b/k?legal-hold", "GetObjectLegalHold"],
  ["PUT /b/k?retention", "PutObjectRetention"],
  ["PUT /b/k?legal-hold", "PutObjectLegalHold"],
  ["GET /b/k?tagging", "GetObjectTagging"],
  ["PUT /b/k?tagging", "PutObjectTagging"],
  ["DELETE /b/k?tagging", "DeleteObjectTagging"],
  ["PUT /b?tagging", "PutBucketTagging"],
  ["DELETE /b?tagging", "DeleteBucketTagging"],
  ["POST /b/k?uploads", "CreateMultipartUpload"],
  ["PUT /b/k?partNumber=1&uploadId=u", "UploadPart"],
  ["PUT /b/k?uploadId=u&partNumber=1", "UploadPart"],
  ["POST /b/k?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE /b/k?uploadId=u", "AbortMultipartUpload"],
  ["GET /b/k?uploadId=u", "ListParts"],
];

describe("the route", () => {
  it.each(LINES)("%s => %s", (line, name) => {
    expect(routed(line)).toBe(name);
  });

  it.each(LINES.filter(([line]) => /^\w+ \/b/.test(line)))(
    "%s => %s, with the bucket in the host name",
    (line, name) => {
      const inHost = line.replace(/ \/b(?=[/?]|$)\/?/, " /");
      expect(routed(inHost, {}, "b.s3.test")).toBe(name);
    },
  );

  it("recognises copies by their header", () => {
    expect(routed("PUT /b/k", COPY)).toBe("CopyObject");
    expect(routed("PUT /b/k?partNumber=1&uploadId=u", COPY)).toBe("UploadPartCopy");
    expect(routed("GET /b/k", COPY)).toBe("GetObject");
  });

  it("covers every operation of the table", () => {
    const reached = new Set([...LINES.map(([, name]) => name), "CopyObject", "UploadPartCopy"]);
    expect([...reached].sort()).toEqual(Object.keys(operations).sort());
  });

  const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"] as const;
  const subresources = [
    ...Object.keys(BUCKET_SUBRESOURCES).map((name) => ["/b", name] as const),
    ...Object.keys(OBJECT_SUBRESOURCES).map((name) => ["/b/k", name] as const),
  ];
  const answered = new Set(LINES.map(([line]) => line.replace("=u", "")));

  it.each(subresources)("refuses %s?%s by name wherever no operation answers it", (path, name) => {
    for (const method of METHODS) {
      if (answered.has(`${method} ${path}?${name}`)) continue;
      expect(() => routed(`${method} ${path}?${name}`), method).toThrow(
        expect.objectContaining({ code: "NotImplemented", status: 501, elements: { Subresource: name } }),
      );
    }
  });

  it("refuses a subresource beside the one it answers", () => {
    expect(() => routed("GET /b/k?acl&torrent")).toThrow(
      expect.objectContaining({ code: "NotImplemented", elements: { Subresource: "torrent" } }),
    );
  });

  it.each(["POST /", "DELETE /", "PUT /", "POST /b/k", "PATCH /b/k", "OPTIONS /b/k", "TRACE /b"])(
    "%s is no operation",
    (line) => {
      expect(() => routed(line)).toThrow(expect.objectContaining({ code: "MethodNotAllowed", status: 405 }));
    },
  );

  it("refuses uploads by HTML form by name", () => {
    expect(() => routed("POST /b")).toThrow(expect.objectContaining({ code: "NotImplemented" }));
  });

  it("does not start with two operations that cannot be told apart", () => {
    const one = operation({
      on: "object",
      method: "GET",
      query: { a: true },
      action: "s3:X",
      handle: async () => ({}),
    });
    const other = operation({
      on: "storedObject",
      method: "GET",
      query: { a: true },
      action: "s3:Y",
      handle: async () => ({}),
    });
    expect(() => route({ one, other })).toThrow(TypeError);
  });

  it("prefers the operation with more conditions, whatever their order", () => {
    const plain: AnyOperation = operation({ on: "object", method: "GET", action: "s3:X", handle: async () => ({}) });
    const exact: AnyOperation = operation({
      on: "object",
      method: "GET",
      query: { a: "1" },
      header: "h",
      action: "s3:X",
      handle: async () => ({}),
    });
    for (const table of [
      { plain, exact },
      { exact, plain },
    ]) {
      const address = parseAddress("/b/k?a=1", "s3.test", []);
      expect(route(table)("GET", address, { h: "" }).name).toBe("exact");
      expect(route(table)("GET", address, {}).name).toBe("plain");
    }
  });
});
