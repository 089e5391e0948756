/** AWS SDK for JavaScript 3 in a page: what each/browser.ts asks for, by name. */
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

const told = (reply) => ({
  size: reply.ContentLength ?? null,
  etag: reply.ETag?.replaceAll('"', "") ?? null,
  modified: reply.LastModified?.toISOString() ?? null,
  type: reply.ContentType ?? null,
  metadata: reply.Metadata ?? null,
});

/** As text: a data URL. */
function textOf(bytes) {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes]));
  });
}

globalThis.openClient = (config, Bucket) => {
  const client = new S3Client(config);
  const file = () => document.querySelector("input").files[0];
  const keys = async (Prefix) => {
    const found = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix }))
      for (const { Key } of page.Contents ?? []) found.push(Key);
    return found;
  };
  return {
    get: async (Key, more = {}) => {
      const reply = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
      return { told: told(reply), bytes: await textOf(await reply.Body.transformToByteArray()) };
    },
    head: async (Key) => told(await client.send(new HeadObjectCommand({ Bucket, Key }))),
    put: async (Key) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body: file() }))),
    putInParts: async (Key) =>
      void (await new Upload({ client, params: { Bucket, Key, Body: file() }, partSize: 5 * 1024 * 1024 }).done()),
    list: keys,
    copy: async (from, Key) => {
      const CopySource = encodeURIComponent(`${Bucket}/${from}`);
      await client.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
    },
    delete: async (Key) => void (await client.send(new DeleteObjectCommand({ Bucket, Key }))),
    deleteAll: async (prefix) => {
      const Objects = (await keys(prefix)).map((Key) => ({ Key }));
      await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    },
  };
};
