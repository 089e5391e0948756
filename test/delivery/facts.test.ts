// The facts that decide about a read: each header, parameter and attribute, and the rule that it leads to.
import { describe, expect, it } from "vitest";
import { asked, bench, request } from "./support.ts";

describe("the facts of a read", () => {
  it.each([
    ["header", { headers: { "user-agent": "x", "x-nearbucket-redirect": "never" } }, "3-opt-out"],
    ["query parameter", { query: new URLSearchParams("x-nearbucket-redirect=never") }, "3-opt-out"],
    ["User-Agent", { headers: { "user-agent": "aws-sdk-go/1 nearbucket-redirect/0" } }, "3-opt-out"],
    [
      "User-Agent of a page",
      { headers: { "user-agent": "Mozilla/5.0", "x-amz-user-agent": "aws-sdk-js/3 nearbucket-redirect/0" } },
      "3-opt-out",
    ],
    ["User-Agent, opting in", { headers: { "user-agent": "Boto3/1 nearbucket-redirect/1" } }, "13-opt-in"],
    [
      "header before User-Agent",
      { headers: { "user-agent": "Boto3/1 nearbucket-redirect/1", "x-nearbucket-redirect": "auto" } },
      "14-client",
    ],
    ["second attempt", { headers: { "user-agent": "aws-sdk-go/1", "amz-sdk-request": "attempt=2; max=3" } }, "4-retry"],
    [
      "first attempt",
      { headers: { "user-agent": "aws-sdk-go/1", "amz-sdk-request": "attempt=1; max=3" } },
      "14-client",
    ],
    ["https, perhaps", { mayBeHttps: true }, "6-host"],
    [
      "the backend's host",
      {
        requestOrigin: "http://amsterdam.example:1",
        headers: { "user-agent": "aws-sdk-go/1", "x-nearbucket-client": "52,5" },
        trustedPeer: true,
      },
      "6-host",
    ],
    ["a parent of the backend's host", { requestOrigin: "http://example" }, "6-host"],
    ["session token", { headers: { "user-agent": "aws-sdk-go/1", "x-amz-security-token": "t" } }, "7-security-token"],
    ["If-Modified-Since", { headers: { "user-agent": "aws-sdk-go/1", "if-modified-since": "x" } }, "9-date-condition"],
    [
      "If-Range with a date",
      { headers: { "user-agent": "aws-sdk-go/1", "if-range": "Tue, 01 Jan 2030 00:00:00 GMT" } },
      "9-date-condition",
    ],
    ["If-Range with an ETag", { headers: { "user-agent": "aws-sdk-go/1", "if-range": '"e"' } }, "14-client"],
    ["another ETag", { object: { ...request().object, etag: "f-2" } }, "10-etag"],
    ["user metadata", { object: { ...request().object, attributes: { metadata: { a: "b" } } } }, "11-attributes"],
    ["a version", { object: { ...request().object, versionId: "v" } }, "11-attributes"],
    [
      "a storage class",
      { object: { ...request().object, attributes: { metadata: {}, storageClass: "GLACIER" } } },
      "11-attributes",
    ],
    [
      "tags",
      { object: { ...request().object, attributes: { metadata: {}, tags: [{ key: "a", value: "b" }] } } },
      "11-attributes",
    ],
    ["not plain", { plain: false }, "1-not-plain"],
  ])("lead to a rule: %s", async (_what, change, rule) => {
    const { delivery } = await bench();
    expect(delivery.route(request(change)).rule).toBe(rule);
  });

  it("considers a checksum only when it is asked for", async () => {
    const { delivery } = await bench();
    const object = {
      ...request().object,
      checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" } as const,
    };
    expect(delivery.route(request({ object })).rule).toBe("14-client");
    expect(
      delivery.route(request({ object, headers: { ...request().headers, "x-amz-checksum-mode": "enabled" } })).rule,
    ).toBe("11-attributes");
  });

  it("keeps replayed headers from strict stores", async () => {
    const { delivery } = await bench({}, "strict");
    expect(delivery.route(request({ headers: { "user-agent": "aws-sdk-go/1", "x-amz-date": "d" } })).rule).toBe(
      "8-replayed-headers",
    );
    expect(delivery.route(asked()).rule).toBe("13-opt-in");
  });
});
