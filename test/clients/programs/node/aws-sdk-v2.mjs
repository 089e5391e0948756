/** AWS SDK for JavaScript 2, at its end of life and in wide use. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { save, serve } from "./command.mjs";

const AWS = createRequire(`${process.env.CLIENT_MODULES}/`)("aws-sdk");
const s3 = new AWS.S3({
  endpoint: process.env.AWS_ENDPOINT_URL,
  s3ForcePathStyle: true,
  signatureVersion: "v4",
  maxRetries: 1,
});

const told = (reply) => ({
  size: reply.ContentLength,
  etag: reply.ETag?.replaceAll('"', "") ?? null,
  modified: reply.LastModified ?? null,
  type: reply.ContentType ?? null,
  metadata: reply.Metadata ?? null,
});

async function get(Bucket, Key, file, more = {}) {
  const reply = await s3.getObject({ Bucket, Key, ...more }).promise();
  await save(file, reply.Body);
  return told(reply);
}

async function keys(Bucket, Prefix) {
  const found = [];
  let ContinuationToken;
  do {
    const page = await s3.listObjectsV2({ Bucket, Prefix, ContinuationToken }).promise();
    found.push(...page.Contents.map(({ Key }) => Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found;
}

const presign = (action) => (Bucket, Key) => [s3.getSignedUrl(action, { Bucket, Key })];
await serve(AWS.VERSION, {
  put: async (Bucket, Key, file) => void (await s3.putObject({ Bucket, Key, Body: await readFile(file) }).promise()),
  "put-parts": async (Bucket, Key, file) => {
    await s3.upload({ Bucket, Key, Body: await readFile(file) }, { partSize: 5 * 1024 * 1024 }).promise();
  },
  get: (bucket, key, file) => get(bucket, key, file),
  "get-parts": "reads an object in one piece",
  head: async (Bucket, Key) => told(await s3.headObject({ Bucket, Key }).promise()),
  range: async (bucket, key, file, first, last, etag) => {
    await get(bucket, key, file, { Range: `bytes=${first}-${last}`, ...(etag ? { IfMatch: `"${etag}"` } : {}) });
  },
  list: keys,
  copy: async (Bucket, from, Key) => {
    await s3.copyObject({ Bucket, Key, CopySource: encodeURIComponent(`${Bucket}/${from}`) }).promise();
  },
  delete: async (Bucket, Key) => void (await s3.deleteObject({ Bucket, Key }).promise()),
  "delete-all": async (Bucket, prefix) => {
    const Objects = (await keys(Bucket, prefix)).map((Key) => ({ Key }));
    const { Errors } = await s3.deleteObjects({ Bucket, Delete: { Objects } }).promise();
    if (Errors?.length) throw new Error(JSON.stringify(Errors));
  },
  "presign-get": presign("getObject"),
  "presign-put": presign("putObject"),
});
