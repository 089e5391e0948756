// PutObject: what is stored, and which requests are refused before the body is sent.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";

let on: OpenBucket;
beforeAll(async () => {
  on = await openBucket({ config: { domains: ["s3.test"] } });
});
afterAll(() => on[Symbol.asyncDispose]());

const md5 = (text: string) => createHash("md5").update(text).digest();
const stats = () => on.gateway.gateway.stats();

describe("PutObject", () => {
  it("answers with the md5 as ETag and stores the bytes", async () => {
    const answer = await on.put("plain", "hello", { "content-type": "text/plain" });
    expect(answer.headers["etag"]).toBe(`"${md5("hello").toString("hex")}"`);
    const read = await on.get("plain");
    expect([read.text, read.headers["content-type"], read.headers["content-length"]]).toEqual([
      "hello",
      "text/plain",
      "5",
    ]);
  });

  it("stores an empty body as an empty object", async () => {
    await on.put("empty");
    const read = await on.get("empty");
    expect([read.status, read.headers["content-length"], read.headers["etag"]]).toEqual([
      200,
      "0",
      '"d41d8cd98f00b204e9800998ecf8427e"',
    ]);
  });

  it.each(["0012", "1e3", "%20a%20", "a%0Db", "__proto__", "../x", "a%2Fb", "/", "%F0%9F%98%80", "k".repeat(1024)])(
    "keeps the key %s as it is",
    async (key) => {
      await on.put(key, key);
      expect((await on.get(key)).text).toBe(key);
    },
  );

  it("refuses a key of 1,025 bytes", async () => {
    expect(await on.call("PUT", "k".repeat(1025), { body: "x" })).toMatchObject({
      status: 400,
      code: "KeyTooLongError",
    });
  });

  it("stores the object's headers and drops aws-chunked", async () => {
    await on.put("attributes", "x", {
      "x-amz-meta-mtime": "1.5",
      "x-amz-meta-name": "Grüße",
      "content-encoding": "gzip,aws-chunked",
      "cache-control": "no-cache",
    });
    const { headers } = await on.get("attributes");
    expect(headers).toMatchObject({
      "x-amz-meta-mtime": "1.5",
      "content-encoding": "gzip",
      "cache-control": "no-cache",
    });
    expect(Buffer.from(String(headers["x-amz-meta-name"]), "latin1").toString()).toBe("Grüße");
  });

  it("checks Content-MD5 and additional checksums, and stores nothing that differs", async () => {
    const before = await stats();
    const wrong = { "content-md5": md5("other").toString("base64") };
    expect(await on.call("PUT", "wrong", { body: "x", headers: wrong })).toMatchObject({
      status: 400,
      code: "BadDigest",
    });
    expect(await on.call("PUT", "wrong", { body: "x", headers: { "x-amz-checksum-crc32": "AAAAAA==" } })).toMatchObject(
      { status: 400, code: "BadDigest" },
    );
    expect(await on.call("PUT", "wrong", { body: "x", headers: { "content-md5": "YWJj" } })).toMatchObject({
      status: 400,
      code: "InvalidDigest",
    });
    expect(await stats()).toEqual(before);
  });

  it("answers with the checksum that it checked, and shows it when asked", async () => {
    const value = createHash("sha256").update("sum").digest("base64");
    const answer = await on.put("sum", "sum", { "x-amz-checksum-sha256": value });
    expect(answer.headers).toMatchObject({ "x-amz-checksum-sha256": value, "x-amz-checksum-type": "FULL_OBJECT" });
    expect((await on.get("sum")).headers).not.toHaveProperty("x-amz-checksum-sha256");
    expect((await on.get("sum", { "x-amz-checksum-mode": "ENABLED" })).headers).toMatchObject({
      "x-amz-checksum-sha256": value,
    });
  });

  it("writes only when there is no object, with If-None-Match: *", async () => {
    const condition = { "if-none-match": "*" };
    await on.put("once", "1", condition);
    expect(await on.call("PUT", "once", { body: "2", headers: condition })).toMatchObject({
      status: 412,
      code: "PreconditionFailed",
    });
    expect((await on.get("once")).text).toBe("1");
  });

  it("overwrites only the object with that ETag, with If-Match", async () => {
    const etag = String((await on.put("known", "1")).headers["etag"]);
    expect(await on.call("PUT", "known", { body: "2", headers: { "if-match": '"other"' } })).toMatchObject({
      status: 412,
    });
    await on.put("known", "3", { "if-match": etag });
    expect((await on.get("known")).text).toBe("3");
    expect(await on.call("PUT", "unknown", { body: "2", headers: { "if-match": etag } })).toMatchObject({
      status: 404,
      code: "NoSuchKey",
    });
  });

  it("lets one of many writers of a new key win", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        on.call("PUT", "race", { body: `writer ${n}`, headers: { "if-none-match": "*" } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await on.get("race")).text).toBe(`writer ${winner}`);
  });

  it("needs a length", async () => {
    async function* body() {
      yield Buffer.from("x");
    }
    expect(await on.call("PUT", "unsized", { body: body(), payload: "unsigned" })).toMatchObject({
      status: 411,
      code: "MissingContentLength",
    });
  });

  it("refuses more than 5 GiB before it asks for a byte", async () => {
    const answer = await on.call("PUT", "huge", {
      body: "x",
      payload: "unsigned",
      contentLength: 5 * 1024 ** 3 + 1,
      expectContinue: true,
    });
    expect(answer).toMatchObject({ status: 400, code: "EntityTooLarge", sawContinue: false });
  });

  it("refuses everything else before it asks for a byte, too", async () => {
    const body = Buffer.alloc(1 << 20);
    await on.put("there", "x");
    for (const [headers, code] of [
      [{ "if-none-match": "*" }, "PreconditionFailed"],
      [{ "x-amz-storage-class": "NONSENSE" }, "InvalidStorageClass"],
      [{ "x-amz-meta-a": "x".repeat(3000) }, "MetadataTooLarge"],
      [{ "x-amz-object-lock-mode": "GOVERNANCE" }, "NotImplemented"],
      [{ "x-amz-server-side-encryption": "AES256" }, "NotImplemented"],
    ] as const)
      expect(await on.call("PUT", "there", { body, headers, expectContinue: true })).toMatchObject({
        code,
        sawContinue: false,
        bytesSent: 0,
      });
    const elsewhere = await on.fetch({ method: "PUT", path: "/no-such-bucket/k", body, expectContinue: true });
    expect(elsewhere).toMatchObject({ status: 404, code: "NoSuchBucket", sawContinue: false });
  });

  it("takes a second upload of the same bytes without the bytes, from a client that signs them and waits", async () => {
    const body = Buffer.alloc(1 << 20, "same");
    const first = await on.call("PUT", "first", { body, expectContinue: true });
    expect(first).toMatchObject({ status: 200, sawContinue: true });
    const second = await on.call("PUT", "second", { body, expectContinue: true });
    expect(second).toMatchObject({ status: 200, sawContinue: false, bytesSent: 0 });
    expect(second.headers["etag"]).toBe(first.headers["etag"]);
    expect((await on.get("second")).body.equals(body)).toBe(true);
  });

  it("accepts a claimed checksum of known bytes only when an object with these bytes has it", async () => {
    const body = Buffer.alloc(1 << 20, "checked");
    const claim = (value: string) => ({ body, headers: { "x-amz-checksum-crc32": value }, expectContinue: true });
    const right = ((n) => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n]).toString("base64"))(crc32(body));
    expect(await on.call("PUT", "checked", { body, expectContinue: true })).toMatchObject({
      status: 200,
      sawContinue: true,
    });
    expect(await on.call("PUT", "checked", claim(right))).toMatchObject({ status: 200, sawContinue: true });
    expect(await on.call("PUT", "again", claim(right))).toMatchObject({ status: 200, sawContinue: false });
    expect((await on.get("again", { "x-amz-checksum-mode": "ENABLED" })).headers["x-amz-checksum-crc32"]).toBe(right);
    expect(await on.call("PUT", "wrong", claim("AAAAAA=="))).toMatchObject({
      status: 400,
      code: "BadDigest",
      sawContinue: true,
    });
  });

  it("asks another account for its bytes, known or not", async () => {
    const body = Buffer.alloc(1 << 20, "secret");
    await on.put("secret", body);
    const other = await on.gateway.addAccount("other");
    const { signedFetch } = await import("../support/sign.ts");
    const theirs = signedFetch({ endpoint: on.gateway.url, ...other });
    await theirs({ method: "PUT", path: "/theirs" });
    expect(await theirs({ method: "PUT", path: "/theirs/k", body, expectContinue: true })).toMatchObject({
      status: 200,
      sawContinue: true,
    });
  });

  it("stores equal bytes once", async () => {
    const before = await stats();
    await on.put("twin-1", "twins");
    await on.put("twin-2", "twins", { "content-type": "text/x" });
    const after = await stats();
    expect([after.objects - before.objects, after.blobs - before.blobs]).toEqual([2, 1]);
    expect((await on.get("twin-2")).headers["content-type"]).toBe("text/x");
    expect((await on.get("twin-1")).headers["content-type"]).toBe("binary/octet-stream");
  });

  it("takes the bucket from the host name", async () => {
    expect(await on.fetch({ method: "PUT", path: "/in-host", host: `${BUCKET}.s3.test`, body: "x" })).toMatchObject({
      status: 200,
    });
    expect((await on.get("in-host")).text).toBe("x");
  });
});
