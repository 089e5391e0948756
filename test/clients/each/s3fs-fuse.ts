/**
 * s3fs-fuse: a bucket as a folder. Other programs work in it, never this process: its threads would wait for the folder,
 * and the gateway that serves the folder for these threads.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { run } from "../../support/run.ts";
import { type Client, type Endpoint, fileKey, type Tasks, versionOf, without } from "../client.ts";

const SETTINGS = ["use_path_request_style", "endpoint=us-east-1", "sigv4", "multipart_size=5", "retries=1"];

async function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Promise<Tasks & AsyncDisposable> {
  const [keys, mount] = [join(folder, "passwd-s3fs"), join(folder, "mount")];
  await writeFile(keys, `${accessKeyId}:${secretAccessKey}\n`);
  await chmod(keys, 0o600);
  await mkdir(mount);
  // What others wrote shows at once.
  const options = [`passwd_file=${keys}`, `url=${url}`, ...SETTINGS, "stat_cache_expire=0"];
  await run("s3fs", [bucket, mount, ...options.flatMap((setting) => ["-o", setting])]);
  const at = (key: string): string => join(mount, key);
  const cut = (key: string, file: string, ...words: string[]): Promise<Buffer> =>
    run("dd", [`if=${at(key)}`, `of=${file}`, "bs=64K", "conv=notrunc", "status=none", ...words]);
  const copy = async (from: string, to: string): Promise<void> => {
    await run("mkdir", ["-p", dirname(to)]);
    await run("cp", [from, to]);
  };
  return {
    put: async (file, key) => copy(file, at(fileKey(key))),
    putInParts: (file, key) => copy(file, at(key)),
    get: async (key, file) => {
      await run("cp", [at(key), file]);
      return {};
    },
    getInParts: (key, file) => run("cp", [at(key), file]),
    head: async (key) => {
      const [size, seconds] = `${await run("stat", ["--format=%s %Y", at(key)])}`.split(" ").map(Number);
      return { size: size ?? null, modified: new Date((seconds ?? 0) * 1000).toISOString() };
    },
    range: (key, first, last, file) =>
      cut(key, file, "iflag=skip_bytes,count_bytes", `skip=${first}`, `count=${last - first + 1}`),
    resume: (key, file, size) => cut(key, file, "iflag=skip_bytes", `skip=${size}`, "oflag=seek_bytes", `seek=${size}`),
    list: async (prefix) => {
      const found = `${await run("find", [at(prefix), "-type", "f", "-print0"])}`.split("\0");
      return found.filter((path) => path !== "").map((path) => relative(mount, path));
    },
    copy: (from, to) => copy(at(from), at(to)),
    delete: (key) => run("rm", [at(key)]),
    deleteAll: (prefix) => run("rm", ["-rf", at(prefix)]),
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
