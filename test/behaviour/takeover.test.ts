// A bucket takes over another one while clients use it: what is not here yet is read there, and comes here by that;
// what clients write and delete here stays so; a service that does not answer makes nothing missing.
import { createHash, randomBytes } from "node:crypto";
import type http from "node:http";
import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { describe, expect, it, vi } from "vitest";
import { forEachTakeover } from "../support/takeover-scene.ts";

vi.setConfig({ testTimeout: 60_000 });
const MIB = 1024 ** 2;
const Bucket = "photos";
const comes = { timeout: 10_000, interval: 20 };

const scene = forEachTakeover();

const keysOf = ({ Contents = [] }: Pick<ListObjectsV2CommandOutput, "Contents">) => Contents.map(({ Key }) => Key);
const list = (more: object = {}) => scene().s3.send(new ListObjectsV2Command({ Bucket, ...more }));

describe("an object that is not here yet", () => {
  it("is read there as S3 reads it, with all that belongs to it", async () => {
    await scene().takeOver();
    const given = {
      ...{ ContentType: "text/plain", CacheControl: "max-age=60", ContentLanguage: "de", Tagging: "a=b&c=%C3%BC" },
      Metadata: { who: "me", where: "köln" },
    };
    await scene().store("a b/ü", "0123456789", given);
    const old = await scene().old.s3.send(new HeadObjectCommand({ Bucket: "old", Key: "a b/ü" }));
    const at = { Bucket, Key: "a b/ü" };
    const head = await scene().s3.send(new HeadObjectCommand(at));
    for (const name of [
      "ETag",
      "ContentLength",
      "LastModified",
      "Metadata",
      ...Object.keys(given).slice(0, 3),
    ] as const)
      expect(head[name as keyof typeof head], name).toEqual(old[name as keyof typeof old]);
    expect(await scene().isHere("a b/ü")).toBe(false);
    expect(await scene().read("a b/ü", { Range: "bytes=2-4" })).toBe("234");
    const part = await scene().s3.send(new GetObjectCommand({ ...at, Range: "bytes=-3" }));
    expect(part).toMatchObject({ ContentRange: "bytes 7-9/10", TagCount: 2, ContentType: "text/plain" });
    await part.Body?.transformToByteArray();
    const metrics = await (await fetch(`${scene().gateway.url}/-/metrics`)).text();
    expect(metrics).toMatch(/^nearbucket_reads_total\{kind="proxy",rule="takeover",family="[^"]+"\} 2$/m);
    await expect(scene().read("a b/ü", { IfNoneMatch: old.ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(scene().read("a b/ü", { IfMatch: '"other"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(scene().read("a b/ü", { Range: "bytes=10-" })).rejects.toMatchObject({ name: "InvalidRange" });
    await expect(scene().read("nowhere")).rejects.toMatchObject({ name: "NoSuchKey" });
    expect(await scene().isHere("a b/ü")).toBe(false);
  });

  it("comes by being read whole, on both backends, and is asked for there no more", async () => {
    await scene().takeOver();
    await scene().store("small", "bytes", { Metadata: { who: "me" }, Tagging: "a=b" });
    const old = await scene().old.s3.send(new HeadObjectCommand({ Bucket: "old", Key: "small" }));
    expect(await scene().read("small")).toBe("bytes");
    await vi.waitFor(async () => expect(await scene().isHere("small")).toBe(true), comes);
    const { found } = await scene().gateway.gateway.metadata.objects.find(Bucket, "small");
    expect(found?.blob.replicas.map(({ state }) => state)).toEqual(["verified", "verified"]);
    scene().proxy.script({ method: "GET" }, { do: "status", status: 500 });
    scene().proxy.script({ method: "HEAD" }, { do: "status", status: 500 });
    expect(await scene().read("small")).toBe("bytes");
    const now = await scene().s3.send(new HeadObjectCommand({ Bucket, Key: "small" }));
    expect(now).toMatchObject({ ETag: old.ETag, LastModified: old.LastModified, Metadata: { who: "me" } });
    const { TagSet } = await scene().s3.send(new GetObjectTaggingCommand({ Bucket, Key: "small" }));
    expect(TagSet).toEqual([{ Key: "a", Value: "b" }]);
  });

  it("keeps its parts and its ETag when it was uploaded in parts", async () => {
    await scene().takeOver();
    const bytes = randomBytes(11 * MIB + 7);
    const params = { Bucket: "old", Key: "parts", Body: bytes, ContentType: "video/mp4" };
    await new Upload({ client: scene().old.s3, params, partSize: 5 * MIB }).done();
    const old = await scene().old.s3.send(new HeadObjectCommand({ Bucket: "old", Key: "parts" }));
    expect(old.ETag).toMatch(/-3"$/);
    expect(await scene().read("parts", { PartNumber: 3 })).toBe(bytes.subarray(10 * MIB).toString("latin1"));
    expect(await scene().isHere("parts")).toBe(true);
    const now = await scene().s3.send(new HeadObjectCommand({ Bucket, Key: "parts", PartNumber: 2 }));
    expect(now).toMatchObject({
      ETag: old.ETag,
      PartsCount: 3,
      ContentLength: 5 * MIB,
      LastModified: old.LastModified,
    });
    expect(digest(await scene().read("parts"))).toBe(digest(bytes.toString("latin1")));
  });

  it("comes while many read it at once, and each of them gets its bytes", async () => {
    await scene().takeOver();
    const bytes = randomBytes(9 * MIB);
    await scene().store("much wanted", bytes);
    const read = await Promise.all(Array.from({ length: 6 }, () => scene().read("much wanted")));
    expect(new Set(read.map(digest))).toEqual(new Set([digest(bytes.toString("latin1"))]));
    await vi.waitFor(async () => expect(await scene().isHere("much wanted")).toBe(true), comes);
  });

  it("comes although the client that read it left", async () => {
    await scene().takeOver();
    await scene().store("left", randomBytes(12 * MIB));
    const held = scene().proxy.script({ method: "GET", key: /^left$/ }, { do: "hold-rest", after: 3 * MIB });
    const { Body } = await scene().s3.send(new GetObjectCommand({ Bucket, Key: "left" }));
    (Body as http.IncomingMessage).destroy();
    await held.met;
    held.release();
    await vi.waitFor(async () => expect(await scene().isHere("left")).toBe(true), comes);
  });

  it("is read to its end by its client although the line broke, and comes with the next read", async () => {
    await scene().takeOver();
    const bytes = randomBytes(12 * MIB);
    await scene().store("broken", bytes);
    const held = scene().proxy.script({ method: "GET", key: /^broken$/ }, { do: "hold-rest", after: 3 * MIB });
    const reading = scene().read("broken");
    await held.met;
    scene().proxy.reset();
    expect(digest(await reading)).toBe(digest(bytes.toString("latin1")));
    expect(await scene().isHere("broken")).toBe(false);
    await scene().read("broken");
    await vi.waitFor(async () => expect(await scene().isHere("broken")).toBe(true), comes);
  });

  it("comes first for whatever needs it here", async () => {
    await scene().takeOver();
    for (const key of ["tagged", "copied", "described"]) await scene().store(key, key);
    await scene().s3.send(
      new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet: [{ Key: "x", Value: "y" }] } }),
    );
    await scene().s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/copied` }));
    const told = await scene().s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: "described", ObjectAttributes: ["ObjectSize"] }),
    );
    expect(told.ObjectSize).toBe(9);
    for (const key of ["tagged", "copied", "described", "copy"]) expect(await scene().isHere(key), key).toBe(true);
    expect(await scene().read("copy")).toBe("copied");
  });

  it("is nobody's but the owner's", async () => {
    await scene().takeOver();
    await scene().store("mine", "secret");
    const { s3 } = await scene().gateway.addAccount("stranger");
    for (const Command of [GetObjectCommand, HeadObjectCommand])
      await expect(s3.send(new Command({ Bucket, Key: "mine" }) as HeadObjectCommand)).rejects.toMatchObject({
        $metadata: { httpStatusCode: 403 },
      });
    await expect(fetch(`${scene().gateway.url}/${Bucket}/mine`)).resolves.toMatchObject({ status: 403 });
  });
});

describe("what clients do here", () => {
  it("stays: an old object neither covers what was written nor brings back what was deleted", async () => {
    await scene().takeOver();
    for (const key of ["written", "deleted", "among others", "written, deleted"]) await scene().store(key, "old");
    for (const Key of ["written", "written, deleted"])
      await scene().s3.send(new PutObjectCommand({ Bucket, Key, Body: "new" }));
    await scene().s3.send(new DeleteObjectCommand({ Bucket, Key: "deleted" }));
    const Objects = ["among others", "written, deleted"].map((Key) => ({ Key }));
    await scene().s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    const check = async () => {
      expect(await scene().read("written")).toBe("new");
      for (const key of ["deleted", "among others", "written, deleted"])
        await expect(scene().read(key), key).rejects.toMatchObject({ name: "NoSuchKey" });
      expect(keysOf(await list())).toEqual(["written"]);
    };
    await check();
    expect(await scene().import()).toMatchObject({ code: 0, imported: 0, skipped: { exists: 1, deleted: 3 } });
    await check();
    expect(await scene().import("--finish")).toMatchObject({ code: 0, finished: true });
    await check();
  });

  it("is conditional on what stands there", async () => {
    await scene().takeOver();
    await scene().store("there", "old");
    const put = (more: object) => scene().s3.send(new PutObjectCommand({ Bucket, Key: "there", Body: "new", ...more }));
    await expect(put({ IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(put({ IfMatch: '"00000000000000000000000000000000"' })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    const remove = (IfMatch: string) => scene().s3.send(new DeleteObjectCommand({ Bucket, Key: "there", IfMatch }));
    await expect(remove('"other"')).rejects.toMatchObject({ name: "PreconditionFailed" });
    await put({ IfMatch: `"${createHash("md5").update("old").digest("hex")}"` });
    expect(await scene().read("there")).toBe("new");
  });

  it("does not delete the bucket as long as there is something", async () => {
    await scene().takeOver();
    await scene().store("there", "old");
    const remove = () => scene().s3.send(new DeleteBucketCommand({ Bucket }));
    await expect(remove()).rejects.toMatchObject({ name: "BucketNotEmpty" });
    await scene().s3.send(new DeleteObjectCommand({ Bucket, Key: "there" }));
    await remove();
  });
});

describe("listings", () => {
  it("show both, each key once, at every size of page", async () => {
    const both = ["b", "c/1", "c/2", "m"];
    for (const key of ["a", "c/3", "d/1", "z", ...both]) await scene().store(key, "old");
    for (const Key of ["aa", "c/0", "e/1", "e/2", ...both])
      await scene().s3.send(new PutObjectCommand({ Bucket, Key, Body: "newer" }));
    await scene().takeOver();
    await scene().s3.send(new DeleteObjectCommand({ Bucket, Key: "z" }));
    const all = ["a", "aa", "b", "c/0", "c/1", "c/2", "c/3", "d/1", "e/1", "e/2", "m"];
    const whole = await list();
    expect(keysOf(whole)).toEqual(all);
    expect(whole.Contents?.find(({ Key }) => Key === "b")?.Size).toBe(5);
    for (let size = 1; size <= all.length; size += 1) {
      const seen: unknown[] = [];
      let token: string | undefined;
      do {
        const page = await list({ MaxKeys: size, ContinuationToken: token });
        seen.push(...keysOf(page));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      expect(seen, `pages of ${size}`).toEqual(all);
      const rolled = await scene().s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", MaxKeys: size }));
      const told = [...keysOf(rolled), ...(rolled.CommonPrefixes ?? []).map(({ Prefix }) => Prefix)].sort();
      expect(told).toEqual(["a", "aa", "b", "c/", "d/", "e/", "m"].slice(0, size));
    }
  });
});

function digest(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}
