import { describe, expect, it } from "vitest";
import { amzDate, EMPTY_SHA256, scopeOf, sign } from "../../src/signature-v4.ts";
import { badSignatures } from "../support/bad-signatures.ts";
import type { PreparedRequest } from "../support/raw-request.ts";
import { type AuthenticationForm, prepare, type SignerOptions, type TestRequest } from "../support/sign.ts";
import { EXAMPLE_KEY, refusal, type VerifyOptions, verify } from "./verify.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const signer: SignerOptions = { endpoint: "http://127.0.0.1:9000", ...EXAMPLE_KEY, now: () => NOW };
const check = (request: TestRequest, options: VerifyOptions = {}) => verify(prepare(signer, request), NOW, options);

const forms: AuthenticationForm[] = ["v4", "v4-query", "v2", "v2-query"];

describe.each(forms)("a request signed by %s", (authentication) => {
  it.each<TestRequest>([
    { path: "/" },
    { path: "/bucket" },
    { path: "/bucket/key" },
    { path: "/bucket/a//b/../c/%2E/" },
    { path: "/bucket/a%20b+c%2Fd%25~!*'()" },
    { path: "/bucket/%C3%A9%F0%9F%98%80" },
    { path: "/bucket/key?versionId=3%2Fx&partNumber=2" },
    { path: "/bucket?list-type=2&prefix=a%20b%2Bc&delimiter=%2F&marker=" },
    { path: "/bucket?uploads" },
    { path: "/bucket/key?response-content-type=text%2Fplain%3B%20charset%3Dutf-8&response-expires=x" },
    { path: "/bucket/key", method: "HEAD" },
    { path: "/bucket/key", method: "DELETE" },
    {
      path: "/bucket/key",
      method: "PUT",
      body: "hello",
      headers: { "content-type": "text/plain", "x-amz-acl": "private" },
    },
    {
      path: "/bucket/key",
      method: "PUT",
      body: "x",
      headers: { "X-Amz-Meta-Name": "é 😀", "x-amz-meta-two": ["1", "2"] },
    },
    { path: "/bucket/key", method: "PUT", body: "x", headers: { "x-amz-meta-blank": " a   b " } },
    {
      path: "/bucket/key",
      method: "PUT",
      body: "x",
      unsignedHeaders: { "user-agent": "x", "amz-sdk-request": "attempt=1" },
    },
  ])("is let in: $method $path", async (request) => {
    // Version 2 has no rule for runs of blanks, and in the query it does not cover a listing's parameters.
    if (authentication.startsWith("v2") && request.headers?.["x-amz-meta-blank"]) return;
    if (authentication === "v2-query" && request.path.includes("prefix=")) return;
    const { caller } = await check({ ...request, authentication });
    expect(caller).toEqual({
      account: { id: 7, name: "examples" },
      accessKeyId: EXAMPLE_KEY.accessKeyId,
      authentication: authentication.endsWith("query") ? "presigned" : "header",
      redirect: undefined,
      until: authentication.endsWith("query") ? new Date(NOW.getTime() + 900_000) : undefined,
      scope: {},
    });
  });

  it("is let in with the bucket in the host name", async () => {
    const request = { path: "/key?acl", host: "Bucket.s3.example.com:9000", virtualBucket: "/bucket", authentication };
    expect((await check(request, { domains: ["s3.example.com"] })).caller.account).toBeDefined();
  });
});

describe("a request that is signed wrongly", () => {
  const bent = async (prepared: PreparedRequest, findKey: (accessKeyId: string) => Promise<undefined>) =>
    verify(prepared, NOW, { findKey });

  const requests: [string, TestRequest][] = [
    ["a read", { path: "/bucket/key" }],
    ["a write", { method: "PUT", path: "/bucket/key?tagging", body: "hello", headers: { "x-amz-acl": "private" } }],
  ];
  const cases = requests.flatMap(([kind, request]) =>
    badSignatures
      .filter(({ applies, name }) => (applies?.(request) ?? true) && name !== "anonymous: nothing at all")
      .map((bad) => ({ ...bad, kind, request })),
  );
  it.each(cases)("is refused: $name ($kind)", async ({ make, request, code, status }) => {
    let asked = 0;
    const findKey = async () => {
      asked += 1;
      return undefined;
    };
    const refused = await refusal(bent(make(signer, request), findKey));
    expect(refused).toMatchObject({ code, status });
    // Only a key may be looked up, and only for a request that is whole.
    expect(asked).toBe(code === "InvalidAccessKeyId" ? 1 : 0);
    expect(JSON.stringify(refused)).not.toContain(EXAMPLE_KEY.secretAccessKey);
  });
});

describe("what clients sign differently from what they send", () => {
  const without = (name: string, request: TestRequest) => {
    const prepared = prepare(signer, request);
    return verify({ ...prepared, headers: prepared.headers.filter(([each]) => each !== name) }, NOW);
  };

  it("is let in: botocore's slash after a bucket in version 2", async () => {
    for (const authentication of ["v2", "v2-query"] as const)
      for (const query of ["acl", "versions"]) {
        const prepared = prepare(signer, { path: `/bucket/?${query}`, authentication });
        await verify({ ...prepared, target: prepared.target.replace("/bucket/", "/bucket") }, NOW);
        expect(
          await refusal(verify({ ...prepared, target: prepared.target.replace("/bucket/", "/bucket/k") }, NOW)),
        ).toMatchObject({
          code: "SignatureDoesNotMatch",
        });
      }
  });

  it("is let in: a read that does not say that its body is empty, as curl 7 sends it", async () => {
    const prepared = prepare(signer, { path: "/b/k" });
    // Signed over host and date alone, with the empty digest.
    const scope = scopeOf("20261122", "us-east-1");
    const signed = [
      ["host", "127.0.0.1:9000"],
      ["x-amz-date", "20261122T120000Z"],
    ] as const;
    const signature = sign(EXAMPLE_KEY.secretAccessKey, "20261122T120000Z", scope, {
      method: "GET",
      path: "/b/k",
      query: "",
      headers: signed,
      payload: EMPTY_SHA256,
    });
    const authorization = `AWS4-HMAC-SHA256 Credential=${EXAMPLE_KEY.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
    const { payload } = await verify({ ...prepared, headers: [...signed, ["authorization", authorization]] }, NOW);
    expect(payload).toEqual({ kind: "sha256", digest: EMPTY_SHA256 });
    expect(await refusal(without("x-amz-content-sha256", { path: "/b/k", method: "PUT", body: "x" }))).toMatchObject({
      code: "InvalidRequest",
      message: "Missing required header for this request: x-amz-content-sha256",
    });
  });
});

describe("a date", () => {
  it("may be in Date only, in HTTP's format", async () => {
    const prepared = prepare(signer, { path: "/b/k", headers: { date: NOW.toUTCString() } });
    const signed = /SignedHeaders=([^,]*)/.exec(
      prepared.headers.find(([name]) => name === "authorization")?.[1] ?? "",
    )?.[1];
    expect(signed).toContain("x-amz-date");
    const refused = await refusal(
      verify({ ...prepared, headers: prepared.headers.filter(([name]) => name !== "x-amz-date") }, NOW),
    );
    // Read, found in time, and so held against the signature, which covered another header.
    expect(refused.code).toBe("SignatureDoesNotMatch");
    expect(refused.elements["StringToSign"]).toContain(amzDate(NOW));
  });
});

describe("an unknown key", () => {
  it("costs the same signing as a known one, and differs only by its error code", async () => {
    const wrong = { ...signer, secretAccessKey: "wrong" };
    const known = await refusal(verify(prepare(wrong, { path: "/b/k" }), NOW));
    const unknown = await refusal(verify(prepare({ ...wrong, accessKeyId: "NOBODY" }, { path: "/b/k" }), NOW));
    expect(known).toMatchObject({ code: "SignatureDoesNotMatch", status: 403 });
    expect(unknown).toEqual({
      code: "InvalidAccessKeyId",
      status: 403,
      message: "The AWS Access Key Id you provided does not exist in our records.",
      elements: { AWSAccessKeyId: "NOBODY" },
    });
  });

  it("is refused even when it guesses the secret that unknown keys are checked against", async () => {
    const guess = { ...signer, accessKeyId: "NOBODY", secretAccessKey: "a secret that belongs to no key at all" };
    expect(await refusal(verify(prepare(guess, { path: "/b/k" }), NOW))).toMatchObject({ code: "InvalidAccessKeyId" });
  });
});

describe("Signature Version 2", () => {
  it.each([
    ["v2", "off"],
    ["v2-query", "off"],
    ["v2", "query"],
  ] as const)("by %s is refused when it is %s, with what to use", async (authentication, signatureV2) => {
    expect(await refusal(check({ path: "/b/k", authentication }, { signatureV2 }))).toMatchObject({
      code: "InvalidRequest",
      message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    });
  });

  it("in the query is accepted when only that form is allowed", async () => {
    const { caller } = await check({ path: "/b/k", authentication: "v2-query" }, { signatureV2: "query" });
    expect(caller.authentication).toBe("presigned");
  });
});

describe("a request that does not try to sign", () => {
  it("is anonymous, and its claims about the body are kept", async () => {
    const { caller, payload, region } = await check({
      method: "PUT",
      path: "/b/k?Expires=1&X-Amz-Date=2",
      authentication: "anonymous",
      payload: "unsigned-trailer",
    });
    expect(caller).toEqual({
      account: undefined,
      accessKeyId: undefined,
      authentication: "anonymous",
      redirect: undefined,
      until: undefined,
      scope: {},
    });
    expect(payload).toEqual({ kind: "chunked", signing: undefined, trailer: true });
    expect(region).toBeUndefined();
  });
});
