/**
 * @aws-sdk/client-s3 with lib-storage, in this process. Its presigner is a separate package, so the tests' own
 * presigner is used.
 */
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { encodePath } from "../../src/signature-v4.ts";
import { presign } from "../support/sign.ts";
import { type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

function open({ s3, bucket: Bucket, url: endpoint, accessKeyId, secretAccessKey }: Endpoint): ClientUnderTest {
  const read = async (Key: string, Range?: string): Promise<Buffer> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return {
    put: async (file, Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(file) })),
    putInParts: (file, Key) =>
      new Upload({
        client: s3,
        params: { Bucket, Key, Body: createReadStream(file) },
        partSize: 5 * 1024 * 1024,
      }).done(),
    get: async (key, file) => writeFile(file, await read(key)),
    readFrom: (key, first) => read(key, `bytes=${first}-`),
    readRange: (key, first, last) => read(key, `bytes=${first}-${last}`),
    list: (prefix) => list(s3, Bucket, prefix),
    copy: (from, to) =>
      s3.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: encodeURIComponent(`${Bucket}/${from}`) })),
    delete: (Key) => s3.send(new DeleteObjectCommand({ Bucket, Key })),
    deleteAll: async (prefix) => {
      const Objects = (await list(s3, Bucket, prefix)).map((Key) => ({ Key }));
      const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      if (Errors?.length) throw new Error(JSON.stringify(Errors));
    },
    presign: async (key) => [
      presign({ endpoint, accessKeyId, secretAccessKey }, { path: `/${Bucket}/${encodePath(key)}` }),
    ],
  };
}

async function list(client: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix }))
    for (const { Key } of page.Contents ?? []) keys.push(Key ?? "");
  return keys;
}

clientContract("@aws-sdk/client-s3", [], open);
