/** s3fs-fuse: a bucket as a folder. */
import { chmod, copyFile, mkdir, open as openFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { run } from "../../support/run.ts";
import { type Client, type Endpoint, fileKey, type Tasks, versionOf, without } from "../client.ts";

async function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Promise<Tasks & AsyncDisposable> {
  const [keys, mount] = [join(folder, "passwd-s3fs"), join(folder, "mount")];
  await writeFile(keys, `${accessKeyId}:${secretAccessKey}\n`);
  await chmod(keys, 0o600);
  await mkdir(mount);
  const settings = [
    "use_path_request_style",
    "endpoint=us-east-1",
    "sigv4",
    "multipart_size=5",
    "stat_cache_expire=0",
    "retries=1",
  ];
  const options = [`passwd_file=${keys}`, `url=${url}`, ...settings].flatMap((setting) => ["-o", setting]);
  await run("s3fs", [bucket, mount, ...options]);
  const at = (key: string): string => join(mount, key);
  const read = async (key: string, first: number, length: number): Promise<Buffer> => {
    await using file = await openFile(at(key));
    return (await file.read(Buffer.alloc(length), 0, length, first)).buffer;
  };
  const put = async (file: string, key: string): Promise<void> => {
    fileKey(key);
    await mkdir(dirname(at(key)), { recursive: true });
    await copyFile(file, at(key));
  };
  return {
    put,
    putInParts: put,
    get: async (key, file) => {
      await copyFile(at(key), file);
      return {};
    },
    getInParts: (key, file) => copyFile(at(key), file),
    head: async (key) => {
      const { size, mtime } = await stat(at(key));
      return { size, modified: mtime.toISOString() };
    },
    range: async (key, first, last, file) => writeFile(file, await read(key, first, last - first + 1)),
    async resume(key, file, size) {
      await using out = await openFile(file, "a");
      await out.write(await read(key, size, (await stat(at(key))).size - size));
    },
    list: async (prefix) => {
      const found = await readdir(at(prefix), { recursive: true, withFileTypes: true });
      return found.filter((one) => one.isFile()).map((one) => relative(mount, join(one.parentPath, one.name)));
    },
    copy: async (from, to) => {
      await mkdir(dirname(at(to)), { recursive: true });
      await copyFile(at(from), at(to));
    },
    delete: (key) => rm(at(key)),
    deleteAll: (prefix) => rm(at(prefix), { recursive: true }),
    ...without({ presignGet: "presigns nothing", presignPut: "presigns nothing" }),
    async [Symbol.asyncDispose]() {
      await run("fusermount", ["-u", mount]);
    },
  };
}

export const s3fsFuse: Client = {
  name: "s3fs-fuse",
  family: "s3fs-fuse",
  install: "apt install s3fs",
  version: () => versionOf("s3fs"),
  open,
};
