// Signed URLs for redirects: their content, and that a real MinIO accepts them.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SignedUrlOptions } from "../../../src/backends/backend.ts";
import { md5, put } from "../../contracts/backend-contract.ts";
import { startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";
import { backendAt } from "./support.ts";

const NOW = new Date("2026-11-22T10:20:30Z");
const plain: SignedUrlOptions = { now: NOW, expiresSeconds: 120, responseOverrides: {}, replyHeaders: {} };
const embedded = (url: string | undefined) =>
  JSON.parse(Buffer.from(new URL(url ?? "").searchParams.get("x-nearbucket-reply") ?? "", "base64url").toString());

describe("a signed URL", () => {
  it("names the public endpoint, signs the payload's form and expires as requested", () => {
    const url = backendAt("http://10.0.0.1:9000", {
      publicEndpoint: "https://store.example:443",
      prefix: "a b/",
    }).signedUrl("blobs/ab/one", plain);
    const { origin, pathname, searchParams } = new URL(url ?? "");
    expect([origin, pathname]).toEqual(["https://store.example", "/blobs/a%20b/blobs/ab/one"]);
    expect(Object.fromEntries(searchParams)).toEqual({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
      "X-Amz-Credential": "key/20261122/us-east-1/s3/aws4_request",
      "X-Amz-Date": "20261122T102030Z",
      "X-Amz-Expires": "120",
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("is signed by the key for redirects, which no other request is signed by", async () => {
    const keys = { accessKeyId: "writes", secretAccessKey: "writing-secret-0123" };
    const redirectKeys = { redirectAccessKeyId: "reads", redirectSecretAccessKey: "reading-secret-0123" };
    const publicEndpoint = "https://store.example";
    const both = backendAt("http://10.0.0.1:9000", { publicEndpoint, ...keys, ...redirectKeys });
    const reader = backendAt("http://10.0.0.1:9000", {
      publicEndpoint,
      accessKeyId: "reads",
      secretAccessKey: "reading-secret-0123",
    });
    expect(both.signedUrl("k", plain)).toBe(reader.signedUrl("k", plain));
    expect(both.signedUrl("k", plain)).toContain("X-Amz-Credential=reads%2F");
  });

  it("has the bucket before the host where the service wants it there", () => {
    const url = backendAt("http://10.0.0.1:9000", {
      publicEndpoint: "https://store.example",
      forcePathStyle: false,
    }).signedUrl("blobs/ab/one", plain);
    expect(url).toMatch(/^https:\/\/blobs\.store\.example\/blobs\/ab\/one\?/);
  });

  it("has its query in canonical order: the signature covers it as it stands", () => {
    const url = backendAt("http://10.0.0.1:9000", {
      publicEndpoint: "https://store.example",
      honoursEmbeddedHeaders: true,
    }).signedUrl("blobs/ab/one", {
      ...plain,
      responseOverrides: { "response-expires": "x", "response-content-type": "a/b" },
      replyHeaders: { etag: '"e"' },
    });
    const names = (url?.split("?")[1] ?? "").split("&").map((pair) => pair.split("=")[0] ?? "");
    const signed = names.slice(0, -1);
    expect(signed).toEqual([...signed].sort());
    expect(names.at(-1)).toBe("X-Amz-Signature");
  });

  it("is undefined without a public endpoint", () => {
    expect(backendAt("http://10.0.0.1:9000").signedUrl("blobs/ab/one", plain)).toBeUndefined();
  });

  it("embeds reply headers for a node, and for no other store", () => {
    const options = { ...plain, replyHeaders: { etag: '"e"', "x-amz-meta-name": "ä b" } };
    const node = backendAt("http://10.0.0.1:9000", { publicEndpoint: "http://node", honoursEmbeddedHeaders: true });
    expect(embedded(node.signedUrl("k", options))).toEqual(options.replyHeaders);
    expect(node.signedUrl("k", plain)).not.toContain("x-nearbucket-reply");
    expect(backendAt("http://10.0.0.1:9000", { publicEndpoint: "http://store" }).signedUrl("k", options)).not.toContain(
      "x-nearbucket-reply",
    );
  });

  it("is undefined when it would be longer than 6 KiB", () => {
    const node = backendAt("http://10.0.0.1:9000", { publicEndpoint: "http://node", honoursEmbeddedHeaders: true });
    const sized = (length: number) =>
      node.signedUrl("k", { ...plain, replyHeaders: { "x-amz-meta-long": "x".repeat(length) } });
    expect(sized(4000)?.length).toBeLessThan(6 * 1024);
    expect(sized(4500)).toBeUndefined();
  });
});

describeWith(["minio"], "a URL signed for MinIO", () => {
  it("is answered with the overrides, also to a follower that replays its x-amz headers", async () => {
    await using minio = await startMinio({ buckets: ["blobs"] });
    const { accessKeyId, secretAccessKey, url: endpoint, publicUrl: publicEndpoint } = minio;
    const backend = backendAt(endpoint, { publicEndpoint, accessKeyId, secretAccessKey, prefix: "p (1)/" });
    const bytes = randomBytes(10_000);
    await put(backend, "blobs/ab/one", bytes);
    const responseOverrides = {
      "response-content-type": "text/plain; charset=utf-8",
      "response-content-disposition": 'attachment; filename="ä (1)*.txt"',
      "response-cache-control": "no-store",
    };
    const url = backend.signedUrl("blobs/ab/one", { ...plain, now: new Date(), responseOverrides }) ?? "";
    expect(new URL(url).hostname).toBe("localhost");

    const answered = await fetch(url);
    expect(answered.status).toBe(200);
    expect(answered.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answered.headers.get("cache-control")).toBe("no-store");
    expect(md5(Buffer.from(await answered.arrayBuffer()))).toBe(md5(bytes));

    const headers = {
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20200101T000000Z",
      "amz-sdk-request": "attempt=1",
      range: "bytes=10-19",
    };
    const replayed = await fetch(url, { headers });
    expect(replayed.status).toBe(206);
    expect(Buffer.from(await replayed.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);

    const tampered = await fetch(url.replace("no-store", "public"));
    expect(tampered.status).toBe(403);
    await backend.close();
  });
});
