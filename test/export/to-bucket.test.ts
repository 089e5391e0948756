// `nearbucket export` to a bucket: objects arrive with bytes, ETags, headers and tags, copied by the service itself where
// it holds them, else read from good replicas; run again, only what is missing or changed is sent.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectEqual } from "../support/expect-equal.ts";
import { attributesOf, bytesAt, DRESSED, type ExportScene, startExportScene } from "../support/export-scene.ts";
import { MAIN } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { filesBelow, flip } from "../support/rot.ts";
import { run } from "../support/run.ts";
import { openSlowLine } from "../support/slow-line.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

describeWith(["minio", "rclone"], "an export to a bucket", () => {
  let scene: ExportScene;
  let foreign: Minio;
  const parts = [randomBytes(5 * 1024 ** 2), randomBytes(6 * 1024 ** 2), randomBytes(1000)];
  const large = randomBytes(9 * 1024 ** 2);
  const keys = ["dressed", "empty", "holiday/two ü&+.jpg", "in parts", "large", "one part", "plain.txt"];

  beforeAll(async () => {
    scene = await startExportScene();
    foreign = await startMinio();
    await scene.put("dressed", "dressed", DRESSED);
    await scene.put("empty", Buffer.alloc(0));
    await scene.put("holiday/two ü&+.jpg", "two");
    await scene.put("large", large, { Metadata: { mtime: "1" } });
    await scene.put("plain.txt", "plain");
    await scene.putParts("in parts", parts, DRESSED);
    await scene.putParts("one part", [Buffer.from("a single part")]);
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await foreign[Symbol.asyncDispose]();
  });

  const foreignFile = async (endpoint = foreign.url) => {
    const { accessKeyId, secretAccessKey } = foreign;
    const file = join(await temporaryDirectory(), "elsewhere.yaml");
    await writeFile(file, JSON.stringify({ endpoint, accessKeyId, secretAccessKey }));
    return file;
  };

  /** HEADs and tags of all keys are the same in both buckets. */
  const expectSame = async (s3: S3Client, bucket: string, prefix = "") => {
    for (const key of keys) {
      const here = { Bucket: "photos", Key: key };
      const there = { Bucket: bucket, Key: prefix + key };
      const [mine, theirs] = [
        await scene.gateway.s3.send(new HeadObjectCommand(here)),
        await s3.send(new HeadObjectCommand(there)),
      ];
      expect([key, attributesOf(theirs)]).toEqual([key, attributesOf(mine)]);
      const [tags, others] = [
        await scene.gateway.s3.send(new GetObjectTaggingCommand(here)),
        await s3.send(new GetObjectTaggingCommand(there)),
      ];
      const sorted = (set: typeof tags.TagSet) => set?.map(({ Key, Value }) => `${Key}=${Value}`).sort();
      expect(sorted(others.TagSet)).toEqual(sorted(tags.TagSet));
    }
    expectEqual(await bytesAt(s3, bucket, `${prefix}in parts`), Buffer.concat(parts));
    expectEqual(await bytesAt(s3, bucket, `${prefix}large`), large);
  };

  /** Reads both and compares. Rejects when rclone finds a difference. */
  const rcloneCheck = async (minio: Minio, bucket: string) => {
    const config = join(await temporaryDirectory(), "rclone.conf");
    await writeFile(config, "");
    const env = rcloneEnvironment(scene.gateway.url, scene.gateway, config);
    const out = {
      RCLONE_CONFIG_OUT_TYPE: "s3",
      RCLONE_CONFIG_OUT_PROVIDER: "Minio",
      RCLONE_CONFIG_OUT_ENDPOINT: minio.url,
      RCLONE_CONFIG_OUT_ACCESS_KEY_ID: minio.accessKeyId,
      RCLONE_CONFIG_OUT_SECRET_ACCESS_KEY: minio.secretAccessKey,
    };
    await run("rclone", ["check", "--download", "gateway:photos", `out:${bucket}`], { env: { ...env, ...out } });
  };

  it("has the service copy what it holds, and sends no byte", async () => {
    const told = await scene.run("--to", "minio/album", "--bucket", "photos", "--create-bucket");
    expect(told).toMatchObject({ code: 0, copied: keys.length, written: 0, failed: 0 });
    await expectSame(scene.minio.s3, "album");
    await rcloneCheck(scene.minio, "album");
    expect(await scene.run("--to", "minio/album", "--bucket", "photos")).toMatchObject({ skipped: keys.length });
  });

  it("has nothing copied that is not the blob any more", async () => {
    const before = new Set(
      (await scene.minio.s3.send(new ListObjectsV2Command({ Bucket: "blobs" }))).Contents?.map(({ Key }) => Key),
    );
    await scene.put("spoilt", "right bytes");
    const { Contents = [] } = await scene.minio.s3.send(new ListObjectsV2Command({ Bucket: "blobs" }));
    const [Key] = Contents.map((listed) => listed.Key).filter((key) => key?.includes("blobs/") && !before.has(key));
    await scene.minio.s3.send(new PutObjectCommand({ Bucket: "blobs", Key, Body: "wrong bytes" }));
    const told = await scene.run("--to", "minio/spoilt", "--bucket", "photos", "--prefix", "spoilt", "--create-bucket");
    expect(told).toMatchObject({ code: 0, copied: 0, written: 1 });
    expect(`${await bytesAt(scene.minio.s3, "spoilt", "spoilt")}`).toBe("right bytes");
    await scene.gateway.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: "spoilt" }));
  });

  it("sends the same to a service elsewhere, in the same parts", async () => {
    const to = ["--to", "album", "--to-config", await foreignFile(), "--bucket", "photos"];
    expect(await scene.run(...to)).toMatchObject({ code: 1, err: expect.stringContaining("--create-bucket makes it") });
    const told = await scene.run(...to, "--create-bucket");
    expect(told).toMatchObject({ code: 0, copied: 0, written: keys.length, failed: 0 });
    await expectSame(foreign.s3, "album");
    await rcloneCheck(foreign, "album");
    expect(await scene.run(...to)).toMatchObject({ code: 0, written: 0, skipped: keys.length });
  });

  it("puts keys behind the names of their buckets where it exports more than one", async () => {
    const to = ["--to", "all", "--to-config", await foreignFile(), "--create-bucket"];
    expect(await scene.run(...to)).toMatchObject({ code: 0, written: keys.length });
    await expectSame(foreign.s3, "all", "photos/");
  });

  it("sends again what differs there: bytes, headers, tags", async () => {
    const to = ["--to", "again", "--to-config", await foreignFile(), "--bucket", "photos", "--create-bucket"];
    await scene.run(...to);
    const where = { Bucket: "again", Key: "plain.txt" };
    await foreign.s3.send(new PutObjectCommand({ ...where, Body: "plaim" }));
    await foreign.s3.send(
      new PutObjectCommand({ Bucket: "again", Key: "empty", Body: Buffer.alloc(0), ContentType: "text/odd" }),
    );
    const Tagging = { TagSet: [{ Key: "other", Value: "tag" }] };
    await foreign.s3.send(new PutObjectTaggingCommand({ Bucket: "again", Key: "large", Tagging }));
    expect(await scene.run(...to)).toMatchObject({ code: 0, written: 3, skipped: keys.length - 3 });
    await expectSame(foreign.s3, "again");
  });

  it("keeps attributes as they are, whatever they hold, but for what the service does not have", async () => {
    const odd = { Bucket: "photos", Key: "odd" };
    const headers = {
      "content-type": "text/plain; charset=utf-8",
      expires: "0",
      "x-amz-meta-place": "Zürich",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-website-redirect-location": "/elsewhere",
    };
    expect((await scene.gateway.fetch({ method: "PUT", path: "/photos/odd", headers, body: "odd" })).status).toBe(200);
    const to = ["--to", "odd", "--to-config", await foreignFile(), "--bucket", "photos", "--prefix", "odd"];
    const told = await scene.run(...to, "--create-bucket");
    expect(told).toMatchObject({ code: 0, written: 1, remarks: [expect.stringContaining("STANDARD_IA")] });
    const [mine, theirs] = [
      await scene.gateway.s3.send(new HeadObjectCommand(odd)),
      await foreign.s3.send(new HeadObjectCommand({ ...odd, Bucket: "odd" })),
    ];
    // MinIO forgets an `Expires` that is no time, and encodes what is not ASCII, as AWS does.
    const Metadata = { place: "=?UTF-8?q?Z=C3=BCrich?=" };
    expect(attributesOf(theirs)).toEqual({ ...attributesOf(mine), ExpiresString: undefined, Metadata });
    expect(await scene.run(...to)).toMatchObject({ code: 0, skipped: 1 });
    await scene.gateway.s3.send(new DeleteObjectCommand(odd));
  });

  it("sends nothing of a damaged replica, and takes the next one", async () => {
    const before = new Set(await filesBelow(scene.diskDirectory));
    await scene.put("damaged/once", randomBytes(9 * 1024 ** 2));
    await scene.putParts(
      "damaged/parts",
      parts.map(({ length }) => randomBytes(length)),
    );
    const made = (await filesBelow(scene.diskDirectory)).filter((path) => !before.has(path));
    for (const path of made) if ((await stat(path)).size > 100_000) await flip(path, 100_000);
    const to = ["--to", "damaged", "--to-config", await foreignFile(), "--create-bucket", "--prefix", "damaged/"];
    const only = await scene.configFile(scene.backends.slice(0, 1));
    const told = await scene.run(...to, "--bucket", "photos", "--config", only);
    expect(told).toMatchObject({ code: 1, failed: 2, written: 0 });
    expect((await foreign.s3.send(new ListObjectsV2Command({ Bucket: "damaged" }))).Contents).toBeUndefined();
    for (const Prefix of ["damaged/once", "damaged/parts"])
      expect((await foreign.s3.send(new ListMultipartUploadsCommand({ Bucket: "damaged", Prefix }))).Uploads).toBe(
        undefined,
      );
    expect(await scene.run(...to, "--bucket", "photos")).toMatchObject({ code: 0, written: 2 });
    for (const Key of ["damaged/once", "damaged/parts"]) {
      expectEqual(await bytesAt(foreign.s3, "damaged", Key), await bytesAt(scene.gateway.s3, "photos", Key));
      await scene.gateway.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key }));
    }
  });

  it("is killed in the middle, and goes on when it is run again", async () => {
    await foreign.s3.send(new CreateBucketCommand({ Bucket: "killed" }));
    const left = { Bucket: "killed", Key: "in parts" };
    await foreign.s3.send(new CreateMultipartUploadCommand(left));
    await using line = await openSlowLine(foreign.url, 1024 ** 2);
    const words = ["export", "--to", "killed", "--bucket", "photos", "--config", await scene.configFile()];
    const child = spawn(process.execPath, [MAIN, ...words, "--to-config", await foreignFile(line.url)]);
    const ended = once(child, "close");
    const listed = async () =>
      (await foreign.s3.send(new ListObjectsV2Command({ Bucket: "killed" }))).Contents?.map(({ Key }) => Key) ?? [];
    await vi.waitFor(async () => expect((await listed()).length).toBeGreaterThan(2), { timeout: 30_000 });
    child.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    const stood = await listed();
    expect(stood).not.toContain("in parts");
    const told = await scene.run(...words.slice(1), "--to-config", await foreignFile());
    expect(told).toMatchObject({ code: 0, failed: 0, skipped: stood.length, written: keys.length - stood.length });
    await expectSame(foreign.s3, "killed");
    await rcloneCheck(foreign, "killed");
    const uploads = await foreign.s3.send(new ListMultipartUploadsCommand({ Bucket: "killed", Prefix: left.Key }));
    expect(uploads.Uploads).toBeUndefined();
  });

  it("tells in the service's words which objects it does not take", async () => {
    await scene.put("a//b", "no key of MinIO");
    await scene.put("tagged", "no tag of MinIO", { Tagging: "who=%C3%BC" });
    const to = ["--to", "picky", "--to-config", await foreignFile(), "--bucket", "photos", "--create-bucket"];
    const told = await scene.run(...to);
    expect(told).toMatchObject({ code: 1, written: keys.length, failed: 2 });
    expect(told.failures.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { bucket: "photos", key: "a//b", reason: expect.stringContaining("unsupported characters") },
      { bucket: "photos", key: "tagged", reason: expect.stringContaining("TagValue") },
    ]);
    for (const Key of ["a//b", "tagged"])
      await scene.gateway.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key }));
  });

  it("refuses the bucket of a backend, and a backend that is a disk", async () => {
    const blobs = await scene.run("--to", "minio/blobs", "--bucket", "photos");
    expect([blobs.code, blobs.err]).toEqual([1, expect.stringContaining("stand the blobs of minio")]);
    const disk = await scene.run("--to", "disk/photos", "--bucket", "photos");
    expect([disk.code, disk.err]).toEqual([1, expect.stringContaining("is no S3 service")]);
  });
});
