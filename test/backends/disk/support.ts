/** A disk backend in a temporary directory, which is removed at the end of the block. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskBackendOptions, openDiskBackend } from "../../../src/backends/disk/backend.ts";
import { writeAll } from "../../contracts/backend-contract.ts";
import { IDENTITY } from "../../contracts/identity-contract.ts";

export const KEY = "blobs/ab/one";
export const BYTES = randomBytes(300_000);
export const PART = 100_000;

/** A directory with a disk in it, established, and a way to open another backend on it. */
export async function onDisk(identity = IDENTITY) {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-disk-"));
  const directory = join(root, "disk");
  const open = (options: Partial<DiskBackendOptions> = {}) =>
    openDiskBackend({ name: "disk", region: "here", directory, durable: false, ...options });
  const backend = await open();
  await backend.establish(identity);
  return { root, directory, open, backend, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

export type TestDisk = Awaited<ReturnType<typeof onDisk>>;

export const list = async ({ backend }: TestDisk) => {
  const listed: { key: string; size: number; etag: string }[] = [];
  for await (const { key, size, etag } of backend.list("")) listed.push({ key, size, etag });
  return listed;
};

export async function inParts({ backend }: TestDisk): Promise<void> {
  const id = await backend.createUpload(KEY);
  const parts: { partNumber: number; etag: string }[] = [];
  for (let n = 0; n < 3; n++)
    parts.push({
      partNumber: n + 1,
      ...(await writeAll(backend.writePart(KEY, id, n + 1, PART), BYTES.subarray(n * PART, (n + 1) * PART))),
    });
  await backend.completeUpload(KEY, id, parts);
}
