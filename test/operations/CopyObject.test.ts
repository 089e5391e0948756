// CopyObject: a second object with the same blob; no bytes are copied.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";
import { signedFetch } from "../support/sign.ts";

let on: OpenBucket;
let etag: string;
const CRC = createHash("sha256").update("source").digest("base64");
beforeAll(async () => {
  on = await openBucket();
  await on.fetch({ method: "PUT", path: "/other-bucket" });
  const attributes = {
    "content-type": "text/x",
    "x-amz-meta-a": "1",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-checksum-sha256": CRC,
  };
  etag = String((await on.put("source", "source", attributes)).headers["etag"]);
});
afterAll(() => on[Symbol.asyncDispose]());

const copy = (key: string, source: string, headers: Readonly<Record<string, string>> = {}) =>
  on.call("PUT", key, { headers: { "x-amz-copy-source": source, ...headers } });

describe("CopyObject", () => {
  it("moves no bytes: one more object, no more blobs", async () => {
    const before = await on.gateway.gateway.stats();
    const answer = await copy("copy", `${BUCKET}/source`);
    expect([answer.status, texts(answer, "ETag"), texts(answer, "LastModified")]).toEqual([
      200,
      [etag.replaceAll('"', "&quot;")],
      [expect.any(String)],
    ]);
    const after = await on.gateway.gateway.stats();
    expect([
      after.objects - before.objects,
      after.blobs - before.blobs,
      after.storedBytes - before.storedBytes,
    ]).toEqual([1, 0, 0]);
    expect((await on.get("copy")).text).toBe("source");
  });

  it("keeps metadata and checksum, but takes the storage class from its own request, as S3 does", async () => {
    await copy("kept", `/${BUCKET}/source`, { "x-amz-meta-a": "2" });
    const { headers } = await on.get("kept", { "x-amz-checksum-mode": "ENABLED" });
    expect(headers).toMatchObject({ "content-type": "text/x", "x-amz-meta-a": "1", "x-amz-checksum-sha256": CRC });
    expect(headers).not.toHaveProperty("x-amz-storage-class");
  });

  it("replaces metadata when told to", async () => {
    await copy("replaced", `${BUCKET}/source`, { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2" });
    const { headers } = await on.get("replaced");
    expect(headers).toMatchObject({ "content-type": "binary/octet-stream", "x-amz-meta-b": "2" });
    expect(headers).not.toHaveProperty("x-amz-meta-a");
  });

  it("refuses to copy an object to itself unless something changes", async () => {
    await on.put("self", "x");
    expect(await copy("self", `${BUCKET}/self`)).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(
      await copy("self", `${BUCKET}/self`, { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2" }),
    ).toMatchObject({ status: 200 });
    expect((await on.get("self")).headers["x-amz-meta-b"]).toBe("2");
    expect(await copy("self", `${BUCKET}/self`, { "x-amz-storage-class": "STANDARD_IA" })).toMatchObject({
      status: 200,
    });
  });

  it("copies into another bucket, and survives its source", async () => {
    await on.put("passing", "passing bytes");
    expect(
      await on.fetch({
        method: "PUT",
        path: "/other-bucket/copy",
        headers: { "x-amz-copy-source": `${BUCKET}/passing` },
      }),
    ).toMatchObject({ status: 200 });
    await on.call("DELETE", "passing");
    expect((await on.fetch({ path: "/other-bucket/copy" })).text).toBe("passing bytes");
  });

  it.each(["a b", "a+b", "%", "?versionId", "a%2Fb", "ü"])("finds the source %s", async (key) => {
    await on.put(encodeURIComponent(key), key);
    expect(await copy("found", `${BUCKET}/${encodeURIComponent(key)}`)).toMatchObject({ status: 200 });
    expect((await on.get("found")).text).toBe(key);
  });

  it("knows the null version of its source and no other", async () => {
    expect(await copy("version", `${BUCKET}/source?versionId=null`)).toMatchObject({ status: 200 });
    expect(await copy("version", `${BUCKET}/source?versionId=abc`)).toMatchObject({
      status: 404,
      code: "NoSuchVersion",
    });
  });

  it.each([
    [{ "x-amz-copy-source-if-match": '"other"' }, 412],
    [{ "x-amz-copy-source-if-none-match": "*" }, 412],
    [{ "x-amz-copy-source-if-unmodified-since": "Sun, 01 Mar 2020 12:00:00 GMT" }, 412],
    [{ "x-amz-copy-source-if-modified-since": "Fri, 01 Mar 2120 12:00:00 GMT" }, 412],
    [{ "x-amz-copy-source-if-none-match": '"other"' }, 200],
  ])("holds %j against the source: %i", async (headers, status) => {
    expect(await copy("conditional", `${BUCKET}/source`, headers)).toMatchObject({ status });
  });

  it("checks If-Match and If-None-Match against the destination", async () => {
    await on.put("taken", "x");
    expect(await copy("taken", `${BUCKET}/source`, { "if-none-match": "*" })).toMatchObject({ status: 412 });
    expect(await copy("free", `${BUCKET}/source`, { "if-match": "*" })).toMatchObject({
      status: 404,
      code: "NoSuchKey",
    });
    expect((await on.get("taken")).text).toBe("x");
  });

  it.each([
    ["no-such-bucket/k", 404, "NoSuchBucket"],
    [`${BUCKET}/nothing`, 404, "NoSuchKey"],
    ["nonsense", 400, "InvalidArgument"],
    [`${BUCKET}/%zz`, 400, "InvalidArgument"],
  ])("refuses the source %s", async (source, status, code) => {
    expect(await copy("refused", source)).toMatchObject({ status, code });
  });

  it("does not read another account's object, nor reveal whether it exists", async () => {
    const other = await on.gateway.addAccount("copier");
    const theirs = signedFetch({ endpoint: on.gateway.url, ...other });
    await theirs({ method: "PUT", path: "/theirs" });
    for (const key of ["source", "nothing"]) {
      const answer = await theirs({
        method: "PUT",
        path: "/theirs/k",
        headers: { "x-amz-copy-source": `${BUCKET}/${key}` },
      });
      expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    }
  });

  it("refuses requests that would need the bytes, and unknown directives", async () => {
    expect(await copy("sum", `${BUCKET}/source`, { "x-amz-checksum-algorithm": "CRC32" })).toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
    expect(await copy("sum", `${BUCKET}/source`, { "x-amz-checksum-algorithm": "SHA256" })).toMatchObject({
      status: 200,
    });
    expect(await copy("word", `${BUCKET}/source`, { "x-amz-metadata-directive": "MERGE" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await copy("word", `${BUCKET}/source`, { "x-amz-tagging-directive": "MERGE" })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await copy("owner", `${BUCKET}/source`, { "x-amz-source-expected-bucket-owner": "somebody" })).toMatchObject(
      { status: 403 },
    );
  });
});
