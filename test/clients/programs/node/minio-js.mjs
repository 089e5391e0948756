/** minio-js. */
import { createRequire } from "node:module";
import { save, serve } from "./command.mjs";

const load = createRequire(`${process.env.CLIENT_MODULES}/`);
const { CopyConditions, Client } = load("minio");
const { hostname: endPoint, port } = new URL(process.env.AWS_ENDPOINT_URL ?? "http://none:1");
const client = new Client({
  endPoint,
  port: Number(port),
  useSSL: false,
  accessKey: process.env.AWS_ACCESS_KEY_ID,
  secretKey: process.env.AWS_SECRET_ACCESS_KEY,
  partSize: 5 * 1024 * 1024,
});

async function keys(bucket, prefix) {
  const found = [];
  for await (const { name } of client.listObjectsV2(bucket, prefix, true)) found.push(name);
  return found;
}

await serve(load("minio/package.json").version, {
  put: async (bucket, key, file) => void (await client.fPutObject(bucket, key, file)),
  "put-parts": async (bucket, key, file) => void (await client.fPutObject(bucket, key, file)),
  get: async (bucket, key, file) => {
    await save(file, await client.getObject(bucket, key));
    return {};
  },
  "get-parts": "reads an object in one piece",
  head: async (bucket, key) => {
    const { size, etag, lastModified, metaData } = await client.statObject(bucket, key);
    const { "content-type": type, ...metadata } = metaData;
    return { size, etag, modified: lastModified, type, metadata };
  },
  range: async (bucket, key, file, first, last) => {
    const length = last === "" ? undefined : Number(last) - Number(first) + 1;
    await save(file, await client.getPartialObject(bucket, key, Number(first), length));
  },
  list: keys,
  copy: async (bucket, from, to) => {
    await client.copyObject(bucket, to, `/${bucket}/${encodeURIComponent(from)}`, new CopyConditions());
  },
  delete: (bucket, key) => client.removeObject(bucket, key),
  "delete-all": async (bucket, prefix) => void (await client.removeObjects(bucket, await keys(bucket, prefix))),
  "presign-get": async (bucket, key) => [await client.presignedGetObject(bucket, key, 300)],
  "presign-put": async (bucket, key) => [await client.presignedPutObject(bucket, key, 300)],
});
