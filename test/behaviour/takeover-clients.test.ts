// What clients of a bucket that takes another over may see there, and what their conditions and copies meet, is decided
// as if every object were here already.
import { createHash, randomBytes } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketAclCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { expect, it, vi } from "vitest";
import { forEachTakeover } from "../support/takeover-scene.ts";

vi.setConfig({ testTimeout: 60_000 });
const MIB = 1024 ** 2;
const Bucket = "photos";
const refused = { name: "PreconditionFailed" };

const scene = forEachTakeover();

const etagOf = (text: string) => `"${createHash("md5").update(text).digest("hex")}"`;

it("shows and gives nothing to whoever may only list", async () => {
  await scene().takeOver();
  await scene().store("mine", "secret");
  const { s3 } = await scene().gateway.addAccount("stranger");
  await scene().s3.send(new PutBucketAclCommand({ Bucket, GrantRead: 'id="stranger"' }));
  const statusOf = (asked: Promise<unknown>) =>
    asked.then(
      () => 200,
      (error) => error.$metadata.httpStatusCode,
    );
  const ask = (command: GetObjectCommand) => statusOf(s3.send(command));
  // What is not there may be known to be missing.
  expect(await ask(new GetObjectCommand({ Bucket, Key: "nowhere" }))).toBe(404);
  expect(await ask(new GetObjectCommand({ Bucket, Key: "mine" }))).toBe(403);
  expect(await statusOf(s3.send(new HeadObjectCommand({ Bucket, Key: "mine" })))).toBe(403);
  await s3.send(new CreateBucketCommand({ Bucket: "theirs" }));
  const copy = new CopyObjectCommand({ Bucket: "theirs", Key: "copy", CopySource: `${Bucket}/mine` });
  expect(await statusOf(s3.send(copy))).toBe(403);
});

async function putInParts(client: S3Client, Key: string, Body: string, more: object): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, ...more }));
}

it("holds conditions of copies and uploads in parts against what has not come", async () => {
  await scene().takeOver();
  for (const key of ["copied over", "uploaded over"]) await scene().store(key, "old");
  await scene().s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "new" }));
  const copy = (more: object) =>
    scene().s3.send(new CopyObjectCommand({ Bucket, Key: "copied over", CopySource: `${Bucket}/source`, ...more }));
  const upload = (more: object) => putInParts(scene().s3, "uploaded over", "new", more);
  for (const [key, write] of Object.entries({ "copied over": copy, "uploaded over": upload })) {
    await expect(write({ IfNoneMatch: "*" }), key).rejects.toMatchObject(refused);
    await expect(write({ IfMatch: etagOf("other") }), key).rejects.toMatchObject(refused);
    expect(await scene().read(key)).toBe("old");
    await write({ IfMatch: etagOf("old") });
    expect(await scene().read(key)).toBe("new");
  }
});

it("holds conditions of deletions against what has not come", async () => {
  await scene().takeOver();
  for (const key of ["one", "two", "three"]) await scene().store(key, "old");
  const one = { Bucket, Key: "one" };
  await expect(scene().s3.send(new DeleteObjectCommand({ ...one, IfMatch: etagOf("other") }))).rejects.toMatchObject(
    refused,
  );
  const Objects = [
    { Key: "two", ETag: etagOf("other") },
    { Key: "three", ETag: etagOf("old") },
  ];
  const { Errors } = await scene().s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Errors).toMatchObject([{ Key: "two", Code: "PreconditionFailed" }]);
  for (const key of ["one", "two"]) expect(await scene().read(key), key).toBe("old");
  await scene().s3.send(new DeleteObjectCommand({ ...one, IfMatch: etagOf("old") }));
  for (const key of ["one", "three"]) await expect(scene().read(key), key).rejects.toMatchObject({ name: "NoSuchKey" });
});

it("takes a copy for the client's own, which nothing from there replaces", async () => {
  await scene().store("from", "first");
  await scene().store("to", "first to");
  await scene().import();
  await scene().s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource: `${Bucket}/from` }));
  scene().old.clock.advance(60_000);
  await scene().store("to", "second to");
  expect(await scene().import()).toMatchObject({ code: 0, imported: 0, known: 1, skipped: { exists: 1 } });
  expect(await scene().read("to")).toBe("first");
});

it.each([
  ["writes", "exists"],
  ["deletes", "deleted"],
] as const)("lets what a client %s win over parts that are on their way", async (what, outcome) => {
  const params = { Bucket: "old", Key: "parts", Body: randomBytes(11 * MIB) };
  await new Upload({ client: scene().old.s3, params, partSize: 5 * MIB }).done();
  const held = scene().proxy.script({ method: "GET", key: /^parts$/ }, { do: "hold-rest", after: MIB });
  const importing = scene().import();
  await held.met;
  const at = { Bucket, Key: "parts" };
  await scene().s3.send(
    what === "writes" ? new PutObjectCommand({ ...at, Body: "ours" }) : new DeleteObjectCommand(at),
  );
  held.release();
  expect(await importing).toMatchObject({ code: 0, imported: 0, skipped: { [outcome]: 1 } });
  const now = await scene()
    .read("parts")
    .catch(({ name }: Error) => name);
  expect(now).toBe(what === "writes" ? "ours" : "NoSuchKey");
});
