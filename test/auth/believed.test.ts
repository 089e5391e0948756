/** What the gateway accepts of a request with a valid signature: which headers, and which body. */
import { describe, expect, it } from "vitest";
import { EMPTY_SHA256 } from "../../src/signature-v4.ts";
import { prepare, type SignerOptions, type TestRequest } from "../support/sign.ts";
import { EXAMPLE_KEY, refusal, verify } from "./verify.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const signer: SignerOptions = { endpoint: "http://127.0.0.1:9000", ...EXAMPLE_KEY, now: () => NOW };
const check = (request: TestRequest) => verify(prepare(signer, request), NOW);

describe("a presigned URL that a redirect's follower opens", () => {
  const replayed = {
    "x-amz-date": "20200101T000000Z",
    "x-amz-content-sha256": EMPTY_SHA256,
    "x-amz-checksum-mode": "ENABLED",
    "x-amz-user-agent": "sdk",
    "x-amz-api-version": "2006-03-01",
  };

  it.each(["GET", "HEAD"])(
    "is let in for %s with the headers of the first request, and none of them is believed",
    async (method) => {
      const { headers, payload } = await check({
        method,
        path: "/b/k",
        authentication: "v4-query",
        unsignedHeaders: { ...replayed, range: "bytes=0-1" },
      });
      expect(Object.keys(headers).filter((name) => name.startsWith("x-amz-"))).toEqual([]);
      expect(headers["range"]).toBe("bytes=0-1");
      expect(payload).toEqual({ kind: "unsigned" });
    },
  );

  it("keeps what was signed of them", async () => {
    const { headers } = await check({
      path: "/b/k",
      authentication: "v4-query",
      headers: { "x-amz-checksum-mode": "ENABLED" },
    });
    expect(headers["x-amz-checksum-mode"]).toBe("ENABLED");
  });

  it.each(["x-amz-tagging", "x-amz-server-side-encryption-customer-key", "x-amz-request-payer"])(
    "is refused with an unsigned %s",
    async (name) => {
      const refused = await refusal(
        check({ path: "/b/k", authentication: "v4-query", unsignedHeaders: { [name]: "x" } }),
      );
      expect(refused).toMatchObject({ code: "AccessDenied", elements: { HeadersNotSigned: name } });
    },
  );
});

describe("x-amz-* parameters of a presigned URL", () => {
  it("count as headers, whatever their case", async () => {
    const query = "x-amz-acl=public-read&X-Amz-Meta-Name=%C3%A9&x-id=PutObject";
    const { headers } = await check({ method: "PUT", path: `/b/k?${query}`, authentication: "v4-query" });
    expect(headers).toMatchObject({ "x-amz-acl": "public-read", "x-amz-meta-name": "é" });
    expect(Object.keys(headers).filter((name) => name.startsWith("x-amz-"))).toHaveLength(2);
  });

  it("may not contradict a header", async () => {
    const request = { method: "PUT", path: "/b/k?x-amz-acl=public-read", authentication: "v4-query" } as const;
    expect((await check({ ...request, headers: { "x-amz-acl": "public-read" } })).headers["x-amz-acl"]).toBe(
      "public-read",
    );
    expect(await refusal(check({ ...request, headers: { "x-amz-acl": "private" } }))).toMatchObject({
      code: "InvalidArgument",
    });
  });

  it("are no headers when the header form signs the request", async () => {
    expect((await check({ path: "/b/k?x-amz-acl=public-read" })).headers["x-amz-acl"]).toBeUndefined();
  });
});

describe("the payload", () => {
  const put = { method: "PUT", path: "/b/k", body: "hello" } as const;

  it("is read from the signed x-amz-content-sha256", async () => {
    expect((await check(put)).payload).toEqual({
      kind: "sha256",
      digest: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
    expect((await check({ ...put, payload: "unsigned" })).payload).toEqual({ kind: "unsigned" });
    expect((await check({ ...put, payload: "unsigned-trailer" })).payload).toEqual({
      kind: "chunked",
      signing: undefined,
      trailer: true,
    });
    expect((await check({ ...put, payload: "chunked" })).payload).toMatchObject({
      kind: "chunked",
      trailer: false,
      signing: { timestamp: "20261122T120000Z", scope: "20261122/us-east-1/s3/aws4_request" },
    });
    expect((await check({ ...put, payload: "chunked-trailer" })).payload).toMatchObject({
      kind: "chunked",
      trailer: true,
    });
  });

  it("of a presigned URL is unsigned, or what the query says", async () => {
    expect((await check({ ...put, authentication: "v4-query" })).payload).toEqual({ kind: "unsigned" });
    expect((await check({ ...put, authentication: "v4-query", payload: "digest" })).payload).toMatchObject({
      kind: "sha256",
    });
  });

  it("is not framed because Content-Encoding says so", async () => {
    expect(
      (await check({ ...put, payload: "unsigned", headers: { "content-encoding": "aws-chunked" } })).payload,
    ).toEqual({ kind: "unsigned" });
  });

  it("of an anonymous or a version 2 request cannot have signed chunks", async () => {
    for (const authentication of ["anonymous", "v2", "v2-query"] as const) {
      const headers = { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" };
      expect(await refusal(check({ ...put, headers, authentication }))).toMatchObject({ code: "InvalidRequest" });
    }
  });
});

describe("a version 2 presigned URL as botocore makes it", () => {
  it("carries signed headers in the query, and they are read from there", async () => {
    const prepared = prepare(signer, {
      method: "PUT",
      path: "/b/k",
      headers: { "x-amz-acl": "public-read", "content-type": "text/plain" },
      authentication: "v2-query",
    });
    const target = `${prepared.target}&x-amz-acl=public-read&content-type=text%2Fplain`;
    const headers = prepared.headers.filter(([name]) => name === "host");
    expect((await verify({ method: "PUT", target, headers }, NOW)).headers).toMatchObject({
      "x-amz-acl": "public-read",
      "content-type": "text/plain",
    });
    expect(
      await refusal(verify({ method: "PUT", target: target.replace("public-read", "private"), headers }, NOW)),
    ).toMatchObject({
      code: "SignatureDoesNotMatch",
    });
  });
});

describe("blanks around a value", () => {
  const signed = (value: string) =>
    prepare(signer, { method: "PUT", path: "/b/k", headers: { "x-amz-meta-a": value } });
  const sent = (value: string, put: string) =>
    verify(
      {
        ...signed(value),
        headers: signed(value).headers.map(([name, each]) => [name, name === "x-amz-meta-a" ? put : each]),
      },
      NOW,
    );

  it("are folded as clients fold them", async () => {
    await sent("a b", " a \t b  ");
  });

  it("count when they only look like blanks", async () => {
    expect(await refusal(sent("a", "\u00a0a"))).toMatchObject({ code: "SignatureDoesNotMatch" });
  });
});
