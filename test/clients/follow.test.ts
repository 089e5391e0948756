/**
 * The plugins for the JavaScript SDK and boto3: they read straight from the store, as it says itself, with the headers
 * of the gateway; and from the gateway where the store does not give the object out.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { followRedirects } from "../../src/follow.ts";
import { expectEqual } from "../support/expect-equal.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { type OddStore, startOddStore } from "../support/odd-store.ts";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { awsEnvironment } from "./client.ts";

vi.setConfig({ testTimeout: 60_000 });

const MIB = 1024 ** 2;

describeWith(["minio"], "a client that follows by a plugin", () => {
  const content = randomBytes(11 * MIB);
  const small = Buffer.from("a few bytes");
  const where = { Bucket: BUCKET, Key: "films/in parts.bin" };
  let minio: Minio;
  let store: OddStore;
  let on: OpenBucket;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearbucket-follow-"));
    minio = await startMinio({ buckets: ["blobs"] });
    store = await startOddStore(minio.url);
    const { accessKeyId, secretAccessKey } = minio;
    const reached = { endpoint: minio.url, publicEndpoint: store.publicUrl, bucket: "blobs" };
    on = await openBucket({
      backends: [{ kind: "s3", name: "one", region: "region-0", ...reached, accessKeyId, secretAccessKey }],
      config: { copies: 1 },
    });
    const Metadata = { name: "Grüße", mtime: "1600000000" };
    const params = { ...where, Body: content, Metadata, ContentType: "video/x", CacheControl: "max-age=9" };
    await new Upload({ client: on.s3, partSize: 5 * MIB, params }).done();
    const checksum = createHash("sha256").update(small).digest("base64");
    await on.put("small", small, { "x-amz-meta-name": "value", "x-amz-checksum-sha256": checksum });
  });
  afterAll(async () => {
    await on[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await minio[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    store.oddities.clear();
    (store.reads as unknown[]).length = 0;
  });

  /** What the store saw of it: the read is bare. */
  function expectBareReads(count: number, agent: string): void {
    expect(store.reads).toHaveLength(count);
    for (const { headers } of store.reads) {
      expect(headers["user-agent"]).toContain(agent);
      const names = Object.keys(headers);
      expect(names.filter((name) => /^(authorization|x-amz-|amz-sdk-|if-)/.test(name))).toEqual([]);
    }
  }

  describe("on the JavaScript SDK", () => {
    let s3: S3Client;
    beforeAll(() => {
      s3 = on.s3;
      s3.middlewareStack.use(followRedirects);
    });

    it("reads from a store that is strict, with the object's own headers", async () => {
      store.oddities.add("strict");
      const head = await s3.send(new HeadObjectCommand(where));
      const read = await s3.send(new GetObjectCommand(where));
      expectEqual(Buffer.from((await read.Body?.transformToByteArray()) ?? []), content);
      for (const name of ["ETag", "LastModified", "Metadata", "ContentType", "CacheControl", "ContentLength"] as const)
        expect(read[name], name).toEqual(head[name]);
      expect(read.Metadata).toHaveProperty("mtime", "1600000000");
      expectBareReads(1, "aws-sdk-js/3");
    });

    it("reads ranges, and few bytes, there too", async () => {
      const range = await s3.send(new GetObjectCommand({ ...where, Range: "bytes=6000000-6000009" }));
      expectEqual(
        Buffer.from((await range.Body?.transformToByteArray()) ?? []),
        content.subarray(6_000_000, 6_000_010),
      );
      expect(range.ContentRange).toBe(`bytes 6000000-6000009/${content.length}`);
      const few = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "small" }));
      expect(await few.Body?.transformToString()).toBe(small.toString());
      expectBareReads(2, "aws-sdk-js/3");
    });

    it("holds its conditions, which the gateway answers, and sends none on", async () => {
      const { ETag } = await s3.send(new HeadObjectCommand(where));
      const read = await s3.send(new GetObjectCommand({ ...where, IfMatch: ETag }));
      expectEqual(Buffer.from((await read.Body?.transformToByteArray()) ?? []), content);
      await expect(s3.send(new GetObjectCommand({ ...where, IfMatch: '"other"' }))).rejects.toMatchObject({
        name: "PreconditionFailed",
      });
      expectBareReads(1, "aws-sdk-js/3");
    });

    it("checks the bytes against the object's checksum", async () => {
      store.oddities.add("other bytes");
      const read = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "small", ChecksumMode: "ENABLED" }));
      await expect(read.Body?.transformToByteArray()).rejects.toThrow(/Checksum mismatch/);
    });

    it("reads from the gateway where the store refuses", async () => {
      store.oddities.add("closed");
      const read = await s3.send(new GetObjectCommand(where));
      expectEqual(Buffer.from((await read.Body?.transformToByteArray()) ?? []), content);
      expect(read.Metadata).toHaveProperty("mtime");
      expect(store.reads).toEqual([]);
    });

    it("can be aborted", async () => {
      const aborting = new AbortController();
      const read = s3.send(new GetObjectCommand(where), { abortSignal: aborting.signal });
      aborting.abort();
      await expect(read).rejects.toMatchObject({ name: "AbortError" });
    });
  });

  describeWith(["boto3"], "on boto3", () => {
    const SCRIPT = join(import.meta.dirname, "boto3-follow.py");
    async function read(...words: string[]) {
      const { url, accessKeyId, secretAccessKey } = on.gateway;
      const env = {
        ...awsEnvironment({ accessKeyId, secretAccessKey, folder }),
        PYTHONPATH: join(import.meta.dirname, "../../docs/clients"),
        PYTHONDONTWRITEBYTECODE: "1",
      };
      return run(neededProgram("boto3"), [SCRIPT, url, BUCKET, ...words], { env });
    }

    it("reads with get_object from a store that is strict, with the object's own headers", async () => {
      store.oddities.add("strict");
      const [told, head] = JSON.parse((await read("head-and-get", where.Key)).toString());
      expect(told).toEqual(head);
      expect(told.Metadata).toHaveProperty("mtime", "1600000000");
      expectBareReads(1, "Boto3/");
    });

    it("downloads in parts from the store", async () => {
      expectEqual(await read("download", where.Key), content);
      expectBareReads(3, "Boto3/");
      expect(store.reads.every(({ headers }) => headers.range !== undefined)).toBe(true);
    });

    it("checks the bytes against the object's checksum", async () => {
      store.oddities.add("other bytes");
      await expect(read("get", "small")).rejects.toThrow(/FlexibleChecksumError/);
    });

    it("reads from the gateway where the store refuses", async () => {
      store.oddities.add("closed");
      expectEqual(await read("download", where.Key), content);
      expect(store.reads).toEqual([]);
    });
  });
});
