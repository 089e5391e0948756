/** Lists what a backend really holds, without the gateway. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ListMultipartUploadsCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { MANIFEST, PARTS_SUFFIX, parseManifest, parseTrailer, TRAILER_SIZE } from "../../src/backends/disk/layout.ts";
import type { Minio } from "../support/minio.ts";
import type { S3Server } from "../support/s3-server.ts";
import { openClient } from "./client.ts";

/** The storage keys of the blobs, sorted, and the files of unfinished uploads on MinIO's disk. */
export async function standingOnMinio({ s3, directory }: Minio): Promise<readonly string[]> {
  const keys = await keysIn(s3);
  // MinIO's API lists unfinished uploads only for one exact key.
  const unfinished = (await filesBelow(join(directory, ".minio.sys/multipart"))).filter((path) =>
    path.endsWith("xl.meta"),
  );
  return [...keys, ...unfinished];
}

/** The storage keys of the blobs, sorted, and those of unfinished uploads. */
export async function standingOnNode(s3: S3Client): Promise<readonly string[]> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: "blobs" }));
  return [...(await keysIn(s3)), ...Uploads.map(({ Key = "" }) => `upload of ${Key}`)];
}

async function keysIn(s3: S3Client): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: "blobs", Prefix: "blobs/" }))
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
  return keys.sort();
}

/** What a store of the S3 API gives for a storage key, asked once: the SDK would ask again for ten seconds. */
export async function bytesIn({ url, accessKeyId, secretAccessKey }: S3Server, key: string): Promise<Buffer> {
  const reply = await openClient({ endpoint: url, accessKeyId, secretAccessKey }, false)({ path: `/blobs/${key}` });
  if (reply?.status !== 200) throw new Error(reply?.text ?? "the answer was cut");
  return reply.body;
}

/** The storage keys of the blobs, sorted, and the files of unfinished uploads and writes. */
export async function standingOnDisk(directory: string): Promise<readonly string[]> {
  const files = (await filesBelow(join(directory, "data"))).filter((path) => !path.startsWith("journal/"));
  const keys = files.map((path) => path.replace(/\.parts\/.*$/, ""));
  const unfinished = await Promise.all(["uploads", "tmp"].map((folder) => filesBelow(join(directory, folder))));
  return [...[...new Set(keys)].sort(), ...unfinished.flat()];
}

/** The content under a storage key, without the checksums and trailers of its files. Throws when a file is not whole. */
export async function bytesOnDisk(directory: string, key: string): Promise<Buffer> {
  const path = join(directory, "data", key);
  const manifest = await readFile(join(`${path}${PARTS_SUFFIX}`, MANIFEST), "utf8").then(parseManifest, absent);
  const files = manifest?.parts.map(({ file }) => join(`${path}${PARTS_SUFFIX}`, file)) ?? [path];
  return Buffer.concat(await Promise.all(files.map(contentOf)));
}

async function contentOf(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  const trailer = parseTrailer(bytes.subarray(-TRAILER_SIZE), bytes.length);
  if (trailer === undefined) throw new Error(`${path} is not whole`);
  return bytes.subarray(0, trailer.size);
}

/** Paths relative to the directory; none when it is not there. */
async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(absent);
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function absent(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
