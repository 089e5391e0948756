/** s3cmd: its own signing code; resumed downloads are its only kind of range. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../../support/programs.ts";
import { run } from "../../support/run.ts";
import { type Client, type Endpoint, fileKey, type Tasks, versionOf, without } from "../client.ts";

async function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Promise<Tasks> {
  const config = join(folder, "s3cfg");
  const host = new URL(url).host;
  const settings = {
    access_key: accessKeyId,
    secret_key: secretAccessKey,
    host_base: host,
    host_bucket: host,
    use_https: "False",
    bucket_location: "us-east-1",
    signature_v2: "False",
    max_retries: "1",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(config, `[default]\n${lines.join("")}`);
  const s3cmd = (...words: string[]): Promise<Buffer> =>
    run(neededProgram("s3cmd"), ["--config", config, "--no-progress", ...words]);
  const at = (key: string): string => `s3://${bucket}/${key}`;
  return {
    put: async (file, key) => s3cmd("put", file, at(fileKey(key))),
    putInParts: (file, key) => s3cmd("put", "--multipart-chunk-size-mb=5", file, at(key)),
    get: async (key, file) => {
      await s3cmd("get", "--force", at(key), file);
      return {};
    },
    head: async (key) => {
      const said = (await s3cmd("info", at(key))).toString();
      const line = (name: string) => new RegExp(`^\\s+${name}:\\s+(.*)$`, "m").exec(said)?.[1] ?? null;
      const own = [...said.matchAll(/^\s+x-amz-meta-([\w-]+):\s+(.*)$/gm)].map(([, name, value]) => [name, value]);
      return {
        size: Number(line("File size")),
        etag: line("MD5 sum"),
        modified: line("Last mod"),
        type: line("MIME type"),
        metadata: Object.fromEntries(own) as Record<string, string>,
      };
    },
    resume: (key, file) => s3cmd("get", "--continue", at(key), file),
    list: async (prefix) => {
      const lines = (await s3cmd("ls", "--recursive", at(prefix))).toString().split("\n");
      return lines.filter((line) => line !== "").map((line) => line.slice(line.indexOf(at("")) + at("").length));
    },
    copy: (from, to) => s3cmd("cp", at(from), at(to)),
    delete: (key) => s3cmd("del", at(key)),
    deleteAll: (prefix) => s3cmd("del", "--recursive", "--force", at(prefix)),
    presignGet: async (key) => [(await s3cmd("signurl", at(key), "+3600")).toString().trim()],
    ...without({
      range: "reads from an offset to the end",
      getInParts: "reads an object in one piece",
      presignPut: "presigns reads only",
    }),
  };
}

export const s3cmd: Client = {
  name: "s3cmd",
  family: "none",
  install: "apt install s3cmd",
  keepsTime: true,
  version: () => versionOf("s3cmd"),
  open,
};
