/** Bun's own S3 client, Bun.s3. */
import { S3Client } from "bun";
import { decline, serve } from "./command.mjs";

const on = (bucket) => new S3Client({ bucket, endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" });

async function keys(bucket, prefix) {
  const found = [];
  let page;
  do {
    page = await on(bucket).list({ prefix, ...(page ? { continuationToken: page.nextContinuationToken } : {}) });
    found.push(...(page.contents ?? []).map(({ key }) => key));
  } while (page.isTruncated);
  return found;
}

const presign = (method) => (bucket, key) => [on(bucket).presign(key, { method, expiresIn: 300 })];
await serve(Bun.version, {
  put: async (bucket, key, file) => {
    if (key.endsWith("/")) decline("drops a slash at the end");
    await on(bucket).write(key, Bun.file(file));
  },
  "put-parts": async (bucket, key, file) => {
    const writer = on(bucket)
      .file(key)
      .writer({ partSize: 5 * 1024 * 1024 });
    for await (const chunk of Bun.file(file).stream()) writer.write(chunk);
    await writer.end();
  },
  get: async (bucket, key, file) => {
    await Bun.write(file, await on(bucket).file(key).bytes());
    return {};
  },
  "get-parts": async (bucket, key, file) => {
    const out = Bun.file(file).writer();
    for await (const chunk of on(bucket).file(key).stream()) out.write(chunk);
    await out.end();
  },
  head: async (bucket, key) => {
    const { size, etag, lastModified, type } = await on(bucket).stat(key);
    return { size, etag: etag.replaceAll('"', ""), modified: lastModified, type };
  },
  range: async (bucket, key, file, first, last) => {
    const part = on(bucket)
      .file(key)
      .slice(Number(first), last === "" ? undefined : Number(last) + 1);
    await Bun.write(file, await part.bytes());
  },
  list: keys,
  copy: "copies through itself",
  delete: (bucket, key) => on(bucket).delete(key),
  "delete-all": "deletes one by one",
  "presign-get": presign("GET"),
  "presign-put": presign("PUT"),
});
