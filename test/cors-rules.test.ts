import { describe, expect, it } from "vitest";
import { type CorsRule, corsHeaders, defaultRules } from "../src/cors-rules.ts";

const rule = (change: Partial<CorsRule>): CorsRule => ({ allowedOrigins: ["*"], allowedMethods: ["GET"], ...change });
const ask = (rules: readonly CorsRule[], request: { origin?: string; method?: string; headers?: string } = {}) =>
  corsHeaders(rules, { origin: "https://a.example", method: "GET", headers: undefined, ...request });
const VARY = { Vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method" };

// What ceph's s3-tests expect of S3, and what was recorded of S3.
describe("an origin", () => {
  it.each([
    ["*suffix", "foo.suffix", true],
    ["*suffix", "suffix", true],
    ["*suffix", "foo.suffix.get", false],
    ["start*end", "startend", true],
    ["start*end", "start12end", true],
    ["start*end", "0start12end", false],
    ["start*tend", "startend", false],
    ["prefix*", "prefix.suffix", true],
    ["prefix*", "bla.prefix", false],
    ["http://*.origin.com", "http://test.origin.com", true],
    ["http://*.origin.com", "http://test.origin.com/", false],
    ["https://a.example", "https://a.example", true],
    ["https://a.example", "https://A.example", false],
    ["https://a.example", "http://a.example", false],
    ["https://a.example", "https://a.example:8443", false],
    ["", "https://a.example", false],
  ])("%s matches %s: %s", (pattern, origin, matches) => {
    const answered = ask([rule({ allowedOrigins: ["nobody", pattern] })], { origin });
    expect(answered?.["Access-Control-Allow-Origin"]).toBe(matches ? origin : undefined);
    expect(answered?.["Access-Control-Allow-Credentials"]).toBe(matches ? "true" : undefined);
  });

  it("of any kind is answered *, without credentials", () => {
    expect(ask([rule({})])).toEqual({
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": "GET",
      ...VARY,
    });
    expect(ask([rule({})], { origin: "null" })).toMatchObject({ "Access-Control-Allow-Origin": "*" });
  });
});

describe("headers that are asked for", () => {
  const allowedHeaders = ["x-amz-expected-bucket-owner", "x-AMZ-server-SIDE-encryption", "x-amz-meta-*"];
  it.each([
    [undefined, "x-a", undefined],
    [["*"], "x-a, X-B", "x-a, x-b"],
    [allowedHeaders, "x-amz-request-payer", undefined],
    [
      allowedHeaders,
      "x-AMZ-expected-BUCKET-owner,x-amz-server-side-encryption",
      "x-amz-expected-bucket-owner, x-amz-server-side-encryption",
    ],
    [allowedHeaders, "x-amz-meta-a, ,X-AMZ-meta-a", "x-amz-meta-a"],
    [allowedHeaders, "x-amz-meta-a,x-b", undefined],
    [["*"], Array.from({ length: 101 }, (_, index) => `x-${index}`).join(), undefined],
  ])("%o allow %s: %s", (allowed, headers, answered) => {
    const given = ask([rule({ allowedHeaders: allowed })], { headers });
    expect(given?.["Access-Control-Allow-Headers"]).toBe(answered);
    expect(given === undefined).toBe(answered === undefined);
  });
});

it("the first rule that matches in all holds", () => {
  const rules = [
    rule({ allowedOrigins: ["https://b.example"], maxAgeSeconds: 1 }),
    rule({ allowedMethods: ["PUT"], maxAgeSeconds: 2 }),
    rule({ allowedMethods: ["PUT", "GET"], allowedHeaders: ["x-a"], exposeHeaders: ["ETag", "x-b"], maxAgeSeconds: 3 }),
    rule({ allowedHeaders: ["*"], maxAgeSeconds: 4 }),
  ];
  expect(ask(rules, { headers: "x-a" })).toEqual({
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "PUT, GET",
    "Access-Control-Allow-Headers": "x-a",
    "Access-Control-Expose-Headers": "ETag, x-b",
    "Access-Control-Max-Age": "3",
    ...VARY,
  });
  expect(ask(rules, { headers: "x-b" })).toMatchObject({ "Access-Control-Max-Age": "4" });
  expect(ask(rules, { method: "DELETE" })).toBeUndefined();
  expect(ask([])).toBeUndefined();
});

it("an operator's origins may do everything, and no other", () => {
  const rules = defaultRules("gateway", ["https://*.example"]);
  expect(ask(rules, { method: "DELETE", headers: "authorization" })).toMatchObject({
    "Access-Control-Allow-Origin": "https://a.example",
    "Access-Control-Allow-Headers": "authorization",
    "Access-Control-Expose-Headers": expect.stringContaining("ETag"),
  });
  expect(ask(rules, { origin: "https://a.test" })).toBeUndefined();
  expect(defaultRules("gateway", [])).toEqual([]);
});
