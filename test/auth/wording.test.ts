// The answer to a wrong signature: S3's own message, with the strings to compare.
import { describe, expect, it } from "vitest";
import { EMPTY_SHA256 } from "../../src/signature-v4.ts";
import { prepare, type SignerOptions, type TestRequest } from "../support/sign.ts";
import { EXAMPLE_KEY, refusal, type VerifyOptions, verify } from "./verify.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const signer: SignerOptions = { endpoint: "http://127.0.0.1:9000", ...EXAMPLE_KEY, now: () => NOW };
const check = (request: TestRequest, options: VerifyOptions = {}) => verify(prepare(signer, request), NOW, options);

describe("a signature that does not match", () => {
  it("is answered with the string to sign, for comparison", async () => {
    const prepared = prepare(signer, { path: "/bucket/key?a=b" });
    const { elements, message } = await refusal(verify({ ...prepared, target: "/bucket/other" }, NOW));
    expect(message).toBe(
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
    expect(elements["AWSAccessKeyId"]).toBe(EXAMPLE_KEY.accessKeyId);
    expect(elements["CanonicalRequest"]).toBe(
      `GET\n/bucket/other\n\nhost:127.0.0.1:9000\nx-amz-content-sha256:${EMPTY_SHA256}\nx-amz-date:20261122T120000Z\n\nhost;x-amz-content-sha256;x-amz-date\n${EMPTY_SHA256}`,
    );
    expect(elements["StringToSign"]).toMatch(
      /^AWS4-HMAC-SHA256\n20261122T120000Z\n20261122\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
    );
    expect(elements["StringToSignBytes"]).toMatch(/^41 57 53 34 /);
    expect(elements["SignatureProvided"]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("S3's words", () => {
  const bend = (change: (value: string) => string) =>
    refusal(
      check({
        path: "/bucket/key",
        tamper: (prepared) => {
          prepared.headers = prepared.headers.map(([name, value]) => [
            name,
            name === "authorization" ? change(value) : value,
          ]);
        },
      }),
    );

  it("name what is wrong with an Authorization header", async () => {
    expect((await bend((value) => value.replace("/s3/", "/ec2/"))).message).toBe(
      'The authorization header is malformed; incorrect service "ec2". This endpoint belongs to "s3".',
    );
    expect((await bend((value) => value.replace("/aws4_request", "/x"))).message).toBe(
      'The authorization header is malformed; incorrect terminal "x". This endpoint uses "aws4_request".',
    );
    expect((await bend((value) => value.replace("/20261122/", "/20130524/"))).message).toBe(
      'The authorization header is malformed; Invalid credential date "20130524". This date is not the same as X-Amz-Date: "20261122".',
    );
    expect((await bend((value) => value.replace(/, Signature=.*/, ""))).message).toBe(
      "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    );
  });

  it("name the region that is expected, when there is one", async () => {
    const expected = { code: "AuthorizationHeaderMalformed", elements: { Region: "eu-west-1" } };
    expect(await refusal(check({ path: "/" }, { region: "eu-west-1" }))).toMatchObject({
      ...expected,
      message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    });
    expect(await refusal(check({ path: "/", authentication: "v4-query" }, { region: "eu-west-1" }))).toMatchObject({
      code: "AuthorizationQueryParametersError",
      message: "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    });
    expect((await check({ path: "/" }, { region: "us-east-1" })).region).toBe("us-east-1");
  });

  it("say how far the clocks are apart", async () => {
    const { elements } = await refusal(verify(prepare(signer, { path: "/" }), new Date(NOW.getTime() + 900_001)));
    expect(elements).toEqual({
      RequestTime: "20261122T120000Z",
      ServerTime: "2026-11-22T12:15:00Z",
      MaxAllowedSkewMilliseconds: "900000",
    });
    await verify(prepare(signer, { path: "/" }), new Date(NOW.getTime() + 900_000));
    await verify(prepare(signer, { path: "/" }), new Date(NOW.getTime() - 900_000));
  });

  it("list the headers that are not signed", async () => {
    const refused = await refusal(
      check({ path: "/b/k", unsignedHeaders: { "x-amz-acl": "public-read", "x-amz-tagging": "a=b" } }),
    );
    expect(refused).toMatchObject({
      code: "AccessDenied",
      message: "There were headers present in the request which were not signed",
      elements: { HeadersNotSigned: "x-amz-acl, x-amz-tagging" },
    });
  });

  it("do not take a header for signed because another signed name contains its name", async () => {
    const refused = await refusal(
      check({
        path: "/b/k",
        headers: { "x-amz-tagging-directive": "COPY", "y-x-amz-tagging": "" },
        unsignedHeaders: { "x-amz-tagging": "a=b" },
      }),
    );
    expect(refused.elements).toEqual({ HeadersNotSigned: "x-amz-tagging" });
  });
});
