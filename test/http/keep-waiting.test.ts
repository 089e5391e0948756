// Work that takes long is answered 200 and blanks, so that nobody takes the silence for the end; what comes of it, also
// a failure, stands inside that answer.
import { CompleteMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts";
import { complete, partList, sendParts, startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { openRaw } from "../support/raw.ts";
import { prepare, type TestRequest } from "../support/sign.ts";

const COMPLETE = { method: "POST", key: /^blobs\//, query: "uploadId" } as const;
const KEPT_WAITING = /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n[\s\S]*<\?xml version="1\.0" encoding="UTF-8"\?>\n[\s\S]* /;

async function open(work: (on: OpenBucket, stores: readonly FaultyS3[]) => Promise<void>): Promise<void> {
  await using one = await startFaultyS3();
  await using two = await startFaultyS3();
  const stores = [one, two];
  await using on = await openBucket({
    backends: stores.map((store, index) => ({
      kind: "s3",
      name: `store-${index}`,
      region: `region-${index}`,
      endpoint: store.endpoint,
      bucket: "blobs",
      accessKeyId: "k",
      secretAccessKey: "s",
    })),
  });
  await work(on, stores);
}

async function send({ gateway }: OpenBucket, request: TestRequest) {
  const { method, target, headers, body } = prepare({ ...gateway, endpoint: gateway.url }, request);
  const raw = await openRaw(gateway.port);
  const lines = headers.map((line) => line.join(": "));
  await raw.send([`${method} ${target} HTTP/1.1`, ...lines, "", String(body)].join("\r\n"));
  return raw;
}

const completing = (key: string, uploadId: string, body: string): TestRequest => ({
  method: "POST",
  path: `/bucket/${key}`,
  query: { uploadId },
  body,
});

describe("a reply that takes long", () => {
  it("is begun, and ended by its document", () =>
    open(async (on, stores) => {
      const uploadId = await startUpload(on, "key");
      const list = partList(await sendParts(on, "key", uploadId, ["hello"]));
      const held = stores.map((store) => store.script(COMPLETE, { do: "hold" }));
      const raw = await send(on, completing("key", uploadId, list));
      await raw.until(KEPT_WAITING);
      expect(raw.received()).not.toContain("Result");
      for (const script of held) script.release();
      await raw.until(/<CompleteMultipartUploadResult[\s\S]*<\/CompleteMultipartUploadResult>\r\n0\r\n\r\n$/);
      expect(raw.received().match(/<\?xml/g)).toHaveLength(1);
      expect((await on.get("key")).text).toBe("hello");
      raw.socket.destroy();
    }));

  it("says inside the 200 what failed, and the connection goes on", () =>
    open(async (on, stores) => {
      const uploadId = await startUpload(on, "key");
      const list = partList(await sendParts(on, "key", uploadId, ["hello"]));
      for (const store of stores) store.script(COMPLETE, { do: "hold" });
      const raw = await send(on, completing("key", uploadId, list));
      await raw.until(KEPT_WAITING);
      for (const store of stores) await store.stop();
      await raw.until(/<Error><Code>ServiceUnavailable<\/Code>[\s\S]*<\/Error>\r\n0\r\n\r\n$/);
      await raw.send("HEAD /-/live HTTP/1.1\r\nHost: x\r\n\r\n");
      await raw.until(/0\r\n\r\nHTTP\/1\.1 /);
      raw.socket.destroy();
    }));

  it("is understood by AWS's client, whatever comes of it", () =>
    open(async (on, stores) => {
      const uploadId = await startUpload(on, "key");
      const parts = await sendParts(on, "key", uploadId, ["hello"]);
      const held = stores.map((store) => store.script(COMPLETE, { do: "hold" }));
      const command = () =>
        new CompleteMultipartUploadCommand({
          Bucket: "bucket",
          Key: "key",
          UploadId: uploadId,
          MultipartUpload: { Parts: parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })) },
        });
      const refused = expect(on.s3.send(command())).rejects.toMatchObject({ name: "ServiceUnavailable" });
      await Promise.all(held.map(({ met }) => met));
      const raw = await send(on, completing("key", uploadId, partList(parts)));
      await raw.until(KEPT_WAITING);
      for (const store of stores) await store.stop();
      await refused;
      raw.socket.destroy();
      for (const script of held) script.remove();
      for (const store of stores) await store.restart();
      await expect.poll(() => on.s3.send(command()).catch(() => ({})), { timeout: 10_000 }).toHaveProperty("ETag");
    }));

  it("that fails soon has the status of its error", () =>
    open(async (on, stores) => {
      const uploadId = await startUpload(on, "key");
      const list = partList(await sendParts(on, "key", uploadId, ["hello"]));
      const scripts = stores.map((store) => store.script(COMPLETE, { do: "status", status: 403 }));
      const refused = await complete(on, "key", uploadId, list);
      expect(refused).toMatchObject({ status: 503, code: "ServiceUnavailable" });
      expect(refused.headers["retry-after"]).toBe("2");
      for (const script of scripts) script.remove();
      expect(await complete(on, "key", uploadId, list)).toMatchObject({ status: 200 });
    }));
});

describe("UploadPartCopy of a large part", () => {
  it("is kept waiting too", () =>
    open(async (on, stores) => {
      await on.put("source", "hello");
      const uploadId = await startUpload(on, "key");
      const held = stores.map((store) => store.script({ method: "PUT", query: "partNumber" }, { do: "hold" }));
      const raw = await send(on, {
        method: "PUT",
        path: "/bucket/key",
        query: { uploadId, partNumber: "1" },
        headers: { "x-amz-copy-source": "/bucket/source" },
      });
      await raw.until(KEPT_WAITING);
      for (const script of held) script.release();
      await raw.until(/<CopyPartResult[\s\S]*<\/CopyPartResult>\r\n0\r\n\r\n$/);
      raw.socket.destroy();
    }));
});
