/** rclone: it verifies what it copies by checksum, and gives each file the object's time. */
import { open as openFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../../support/programs.ts";
import { rcloneEnvironment } from "../../support/rclone-environment.ts";
import { run } from "../../support/run.ts";
import { type Client, type Endpoint, fileKey, type Tasks, versionOf, without } from "../client.ts";

async function open(endpoint: Endpoint): Promise<Tasks> {
  const config = join(endpoint.folder, "rclone.conf");
  await writeFile(config, "");
  const env = rcloneEnvironment(endpoint.url, endpoint, config);
  const rclone = (...words: string[]): Promise<Buffer> => run(neededProgram("rclone"), words, { env });
  const at = (key: string): string => `gateway:${endpoint.bucket}/${key}`;
  const get = (key: string, file: string, ...more: string[]): Promise<Buffer> =>
    rclone("copyto", at(key), file, "--ignore-times", "--error-on-no-transfer", ...more);
  return {
    put: async (file, key) => rclone("copyto", file, at(fileKey(key))),
    putInParts: (file, key) => rclone("copyto", file, at(key), "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi"),
    get: async (key, file) => {
      await get(key, file);
      return {};
    },
    getInParts: (key, file) => get(key, file, "--multi-thread-cutoff", "5Mi", "--multi-thread-chunk-size", "4Mi"),
    head: async (key) => {
      const said = JSON.parse(`${await rclone("lsjson", "--stat", "--hash", at(key))}`) as {
        Size: number;
        ModTime: string;
        MimeType: string;
        Hashes?: { md5?: string };
      };
      return { size: said.Size, modified: said.ModTime, type: said.MimeType, etag: said.Hashes?.md5 ?? null };
    },
    range: async (key, first, last, file) =>
      writeFile(file, await rclone("cat", at(key), "--offset", `${first}`, "--count", `${last - first + 1}`)),
    async resume(key, file, size) {
      await using out = await openFile(file, "a");
      await out.write(await rclone("cat", at(key), "--offset", `${size}`));
    },
    list: async (prefix) => {
      const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      const listed = (await rclone("lsf", "-R", "--files-only", at(folder))).toString().split("\n");
      return listed.filter((key) => key !== "").map((key) => folder + key);
    },
    copy: (from, to) => rclone("copyto", at(from), at(to)),
    delete: (key) => rclone("deletefile", at(key)),
    deleteAll: (prefix) => rclone("purge", at(prefix)),
    presignGet: async (key) => [(await rclone("link", "--expire", "1h", at(key))).toString().trim()],
    ...without({ presignPut: "presigns reads only" }),
  };
}

export const rclone: Client = {
  name: "rclone",
  family: "rclone",
  install: "go install github.com/rclone/rclone",
  keepsTime: true,
  version: () => versionOf("rclone"),
  open,
};
