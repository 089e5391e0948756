/** Lists what a backend really holds, without the gateway. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { paginateListObjectsV2 } from "@aws-sdk/client-s3";
import type { Minio } from "../support/minio.ts";

/** The storage keys of the blobs, sorted, and the files of unfinished uploads on MinIO's disk. */
export async function standingOnMinio({ s3, directory }: Minio): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: "blobs", Prefix: "blobs/" }))
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
  // MinIO's API lists unfinished uploads only for one exact key.
  const unfinished = (await filesBelow(join(directory, ".minio.sys/multipart"))).filter((path) =>
    path.endsWith("xl.meta"),
  );
  return [...keys.sort(), ...unfinished];
}

/** The storage keys of the blobs, sorted, and the files of unfinished uploads and writes. */
export async function standingOnDisk(directory: string): Promise<readonly string[]> {
  const files = await filesBelow(join(directory, "data"));
  const keys = files.map((path) => path.replace(/\.parts\/.*$/, ""));
  const unfinished = await Promise.all(["uploads", "tmp"].map((folder) => filesBelow(join(directory, folder))));
  return [...[...new Set(keys)].sort(), ...unfinished.flat()];
}

/** Paths relative to the directory; none when it is not there. */
async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
