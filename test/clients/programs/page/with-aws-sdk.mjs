/** AWS SDK for JavaScript 3 in a page, which sends by the browser's fetch. `settings` stand outside of it. */
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
import { read, save, serve } from "./command.mjs";

const client = new S3Client({ region: "us-east-1", forcePathStyle: true, ...globalThis.settings });

const told = (reply) => ({
  size: reply.ContentLength,
  etag: reply.ETag?.replaceAll('"', "") ?? null,
  modified: reply.LastModified ?? null,
  type: reply.ContentType ?? null,
  metadata: reply.Metadata ?? null,
});

async function get(Bucket, Key, file, more = {}) {
  const reply = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  await save(file, new Blob([await reply.Body.transformToByteArray()]));
  return told(reply);
}

async function keys(Bucket, Prefix) {
  const found = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix }))
    for (const { Key } of page.Contents ?? []) found.push(Key);
  return found;
}

const PRESIGNER = "presigns with a package of its own";
serve({
  put: async (Bucket, Key, file) => {
    // It cannot make the checksum of a Blob.
    const Body = new Uint8Array(await (await read(file)).arrayBuffer());
    await client.send(new PutObjectCommand({ Bucket, Key, Body }));
  },
  "put-parts": async (Bucket, Key, file) => {
    const params = { Bucket, Key, Body: await read(file) };
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
  "delete-all": async (Bucket, prefix) => {
    const Objects = (await keys(Bucket, prefix)).map((Key) => ({ Key }));
    const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    if (Errors?.length) throw new Error(JSON.stringify(Errors));
  },
  "presign-get": PRESIGNER,
  "presign-put": PRESIGNER,
});
