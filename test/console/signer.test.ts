// The browser's signer against the example that AWS publishes, and against what the gateway verifies with.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalQuery, EMPTY_SHA256, encodePath, presign, signHeaders } from "../../src/console/wire/signer.ts";
import * as server from "../../src/signature-v4.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const by = { credentials, region: "us-east-1", now: new Date("2013-05-24T00:00:00Z") };
const host = "examplebucket.s3.amazonaws.com";

describe("the console's signer", () => {
  it("signs AWS's example of a GET with a range", () => {
    const request = { method: "GET", host, path: "/test.txt", query: [], payload: EMPTY_SHA256 };
    const { authorization } = signHeaders({ ...request, headers: { range: "bytes=0-9" } }, by);
    expect(authorization).toContain("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date");
    expect(authorization).toContain("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  });

  it("signs AWS's example of a listing", () => {
    const query = [
      ["max-keys", "2"],
      ["prefix", "J"],
    ] as const;
    const { authorization } = signHeaders(
      { method: "GET", host, path: "/", query, headers: {}, payload: EMPTY_SHA256 },
      by,
    );
    expect(authorization).toContain("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  });

  it("presigns AWS's example of a GET", () => {
    const url = presign({ host, path: "/test.txt", query: [] }, by, 86_400);
    expect(url).toContain("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  });

  it("signs any path, query and headers as the gateway does", () => {
    const text = fc.string({ unit: "binary", maxLength: 12 }).filter((some) => !/\p{Surrogate}/u.test(some));
    const name = fc.stringMatching(/^x-amz-meta-[a-z]{1,5}$/);
    const value = fc.stringMatching(/^[!-~]( {0,3}[!-~]){0,4}$/);
    const queries = fc.array(fc.tuple(text, text), { maxLength: 4 });
    fc.assert(
      fc.property(text, queries, fc.dictionary(name, value), (key, query, headers) => {
        const path = encodePath(`/bucket/${key}`);
        expect(path).toBe(server.encodePath(`/bucket/${key}`));
        expect(canonicalQuery(query)).toBe(server.canonicalQuery(query));
        const payload = server.sha256Hex("body");
        const { authorization, ...sent } = signHeaders({ method: "PUT", host, path, query, headers, payload }, by);
        const signed = Object.entries({ ...sent, host } as Record<string, string>)
          .map(([header, text]) => [header, text.trim().replace(/ +/g, " ")] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const canonical = { method: "PUT", path, query: server.canonicalQuery(query), headers: signed, payload };
        const scope = server.scopeOf("20130524", "us-east-1");
        const signature = server.sign(credentials.secretAccessKey, "20130524T000000Z", scope, canonical);
        expect(authorization).toContain(`Signature=${signature}`);
      }),
    );
  });
});
