// Names of properties that every JavaScript object has are ordinary names: wherever a client uses one, the gateway does
// not fail.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openRaw } from "../support/raw.ts";
import type { TestRequest } from "../support/sign.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.fetch({ method: "PUT", path: "/bucket" });
  await gateway.fetch({ method: "PUT", path: "/bucket/key", body: "x" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

describe.each(NAMES)("the name %s", (name) => {
  it.each<[string, TestRequest]>([
    ["a parameter of a read", { path: `/bucket/key?${name}=x` }],
    ["a parameter of a listing", { path: `/bucket?${name}=x` }],
    ["a parameter of the service", { path: `/?${name}` }],
    ["a parameter of a write", { method: "PUT", path: `/bucket/other?${name}=x`, body: "x" }],
    ["a parameter of a presigned URL", { path: `/bucket/key?${name}=x`, authentication: "v4-query" }],
    ["a header", { path: "/bucket/key", headers: { [name]: "x" } }],
    ["a header of a write", { method: "PUT", path: "/bucket/other", body: "x", headers: { [name]: "x" } }],
    ["a key", { method: "PUT", path: `/bucket/${name}`, body: "x" }],
    ["user metadata", { method: "PUT", path: "/bucket/m", body: "x", headers: { [`x-amz-meta-${name}`]: "x" } }],
    ["a tag", { method: "PUT", path: "/bucket/t", body: "x", headers: { "x-amz-tagging": `${name}=x` } }],
  ])("as %s is a name like any other", async (_where, request) => {
    expect((await gateway.fetch(request)).status).toBe(200);
  });

  it.each<[string, TestRequest]>([
    ["a bucket", { path: `/${name}` }],
    ["a canned ACL", { method: "PUT", path: "/bucket?acl", headers: { "x-amz-acl": name } }],
    ["a storage class", { method: "PUT", path: "/bucket/c", headers: { "x-amz-storage-class": name } }],
    ["an algorithm", { method: "POST", path: "/bucket/c?uploads", headers: { "x-amz-checksum-algorithm": name } }],
    ["an encoding", { path: `/bucket?encoding-type=${name}` }],
    [
      "a trailer",
      { method: "PUT", path: "/bucket/c", body: "x", payload: "unsigned-trailer", trailers: { [name]: "" } },
    ],
  ])("as %s is not taken for something that is known", async (_where, request) => {
    const { status } = await gateway.fetch(request);
    expect([200, 400, 404]).toContain(status);
  });
});

it.each(["http://[x", "http://[::1/", "http://%/", "http://a:b/", "//", "*"])(
  "answers the target %s",
  async (target) => {
    const raw = await openRaw(gateway.port);
    await raw.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await raw.closed;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 [34]/);
  },
);
