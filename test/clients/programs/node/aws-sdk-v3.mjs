/** AWS SDK for JavaScript 3 on Node. */
import { createReadStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { save, serve } from "./command.mjs";

const client = new S3Client({ forcePathStyle: true });

const told = (reply) => ({
  size: reply.ContentLength,
  etag: reply.ETag?.replaceAll('"', "") ?? null,
  modified: reply.LastModified ?? null,
  type: reply.ContentType ?? null,
  metadata: reply.Metadata ?? null,
});

async function get(Bucket, Key, file, more = {}) {
  const reply = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  await save(file, reply.Body);
  return told(reply);
}

async function keys(Bucket, Prefix) {
  const found = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix }))
    for (const { Key } of page.Contents ?? []) found.push(Key);
  return found;
}

async function deleteAll(Bucket, prefix) {
  const Objects = (await keys(Bucket, prefix)).map((Key) => ({ Key }));
  const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  if (Errors?.length) throw new Error(JSON.stringify(Errors));
}

const at = new URL(import.meta.resolve("@aws-sdk/client-s3"));
const { version } = JSON.parse(readFileSync(new URL("../package.json", at), "utf8"));
const PRESIGNER = "presigns with a package of its own";
await serve(version, {
  put: async (Bucket, Key, file) =>
    void (await client.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(file) }))),
  "put-parts": async (Bucket, Key, file) => {
    const params = { Bucket, Key, Body: createReadStream(file) };
    await new Upload({ client, params, partSize: 5 * 1024 * 1024 }).done();
  },
  get: (bucket, key, file) => get(bucket, key, file),
  "get-parts": "reads an object in one piece",
  head: async (Bucket, Key) => told(await client.send(new HeadObjectCommand({ Bucket, Key }))),
  range: async (bucket, key, file, first, last, etag) => {
    await get(bucket, key, file, { Range: `bytes=${first}-${last}`, ...(etag ? { IfMatch: `"${etag}"` } : {}) });
  },
  list: keys,
  copy: async (Bucket, from, Key) => {
    await client.send(new CopyObjectCommand({ Bucket, Key, CopySource: encodeURIComponent(`${Bucket}/${from}`) }));
  },
  delete: async (Bucket, Key) => void (await client.send(new DeleteObjectCommand({ Bucket, Key }))),
  "delete-all": deleteAll,
  "presign-get": PRESIGNER,
  "presign-put": PRESIGNER,
});
