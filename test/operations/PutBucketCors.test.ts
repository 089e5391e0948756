// PutBucketCors, GetBucketCors, DeleteBucketCors.
import { GetBucketCorsCommand, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket();
});
afterAll(() => on[Symbol.asyncDispose]());

const query = "cors";
const NONE = { status: 404, code: "NoSuchCORSConfiguration" };
const rule = (more = "") => `<CORSRule><AllowedMethod>GET</AllowedMethod>${more}</CORSRule>`;
const ANY = "<AllowedOrigin>*</AllowedOrigin>";
const put = (...rules: readonly string[]) =>
  on.call("PUT", "", { query, body: `<CORSConfiguration>${rules.join("")}</CORSConfiguration>` });

describe("the CORS rules of a bucket", () => {
  it("are none until set, and none again after they were deleted", async () => {
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
    expect(await on.call("DELETE", "", { query })).toMatchObject({ status: 204 });
    expect(await put(rule(ANY), rule("<AllowedOrigin>https://a.example</AllowedOrigin>"))).toMatchObject({
      status: 200,
    });
    expect(texts(await on.ok("GET", "", { query }), "AllowedOrigin")).toEqual(["*", "https://a.example"]);
    expect(await put(rule(ANY))).toMatchObject({ status: 200 });
    expect(texts(await on.ok("GET", "", { query }), "AllowedOrigin")).toEqual(["*"]);
    expect(await on.call("DELETE", "", { query })).toMatchObject({ status: 204 });
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
  });

  it("come back to an SDK as it sent them, and change no other setting", async () => {
    await on.ok("PUT", "", {
      query: "tagging",
      body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    });
    const CORSRules = [
      {
        ...{ ID: "uploads", AllowedOrigins: ["https://*.example", ""], AllowedMethods: ["PUT", "HEAD"] },
        ...{ AllowedHeaders: ["x-AMZ-*"], ExposeHeaders: ["ETag", "x-amz-id-2"], MaxAgeSeconds: 3000 },
      },
      { AllowedOrigins: ["http://test.com:80"], AllowedMethods: ["GET"] },
    ];
    await on.s3.send(new PutBucketCorsCommand({ Bucket: "bucket", CORSConfiguration: { CORSRules } }));
    expect((await on.s3.send(new GetBucketCorsCommand({ Bucket: "bucket" }))).CORSRules).toEqual(CORSRules);
    await on.ok("DELETE", "", { query });
    expect(texts(await on.ok("GET", "", { query: "tagging" }), "Key")).toEqual(["k"]);
  });

  it("are the owner's alone", async () => {
    const other = signedFetch({ endpoint: on.gateway.url, ...(await on.gateway.addAccount("other")) });
    for (const method of ["GET", "PUT", "DELETE"])
      expect(await other({ method, path: "/bucket", query })).toMatchObject({ status: 403, code: "AccessDenied" });
  });
});

describe("rules that S3 refuses", () => {
  const origins = (count: number) => Array.from({ length: count }, () => rule(ANY));
  it.each([
    ["no rule", [], "MalformedXML", undefined],
    ["more than 100", origins(101), "MalformedXML", undefined],
    ["no origin", [rule()], "MalformedXML", undefined],
    ["no method", [`<CORSRule>${ANY}</CORSRule>`], "MalformedXML", undefined],
    ["a negative age", [rule(`${ANY}<MaxAgeSeconds>-1</MaxAgeSeconds>`)], "MalformedXML", undefined],
    ["an element for a text", [rule("<AllowedOrigin><a/></AllowedOrigin>")], "MalformedXML", undefined],
    ["a long ID", [rule(`${ANY}<ID>${"x".repeat(256)}</ID>`)], "InvalidArgument", /255/],
    ["another method", [rule(`${ANY}<AllowedMethod>PATCH</AllowedMethod>`)], "InvalidRequest", /is PATCH$/],
    ["a lower-case method", [rule(`${ANY}<AllowedMethod>put</AllowedMethod>`)], "InvalidRequest", /is put$/],
    ["two wildcards", [rule("<AllowedOrigin>*a*</AllowedOrigin>")], "InvalidRequest", /^AllowedOrigin "\*a\*" can not/],
    ["two in a header", [rule(`${ANY}<AllowedHeader>**</AllowedHeader>`)], "InvalidRequest", /^AllowedHeader "\*\*"/],
    ["a wildcard exposed", [rule(`${ANY}<ExposeHeader>x-*</ExposeHeader>`)], "InvalidRequest", /contains wildcard/],
    ["no header", [rule(`${ANY}<ExposeHeader>a&#10;b</ExposeHeader>`)], "InvalidRequest", /is no header/],
  ] as const)("%s", async (_what, rules, code, message) => {
    await on.call("DELETE", "", { query });
    const answer = await put(...rules);
    expect(answer).toMatchObject({ status: 400, code });
    expect(texts(answer, "Message")[0]?.replaceAll("&quot;", '"')).toMatch(message ?? /^The XML/);
    expect(await on.call("GET", "", { query })).toMatchObject(NONE);
  });

  it("takes 100 rules, and refuses a document that is too long or is not what was signed for", async () => {
    expect(await put(...origins(100))).toMatchObject({ status: 200 });
    const long = rule(`<AllowedOrigin>${"a".repeat(65_536)}</AllowedOrigin>`);
    expect(await put(long)).toMatchObject({ status: 400, code: "MaxMessageLengthExceeded" });
    const headers = { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" };
    const body = `<CORSConfiguration>${rule(ANY)}</CORSConfiguration>`;
    expect(await on.call("PUT", "", { query, body, headers })).toMatchObject({ status: 400, code: "BadDigest" });
  });
});
