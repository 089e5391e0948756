/** s3cmd: its own signing code, uploads without `Expect`, and resumed downloads, its only kind of range. */
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

async function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Promise<ClientUnderTest> {
  const config = join(folder, "s3cfg");
  const host = new URL(url).host;
  const lines = [
    `access_key = ${accessKeyId}`,
    `secret_key = ${secretAccessKey}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
  ];
  await writeFile(
    config,
    `[default]\n${lines.join("\n")}\nuse_https = False\nbucket_location = us-east-1\nsignature_v2 = False\n`,
  );
  const s3cmd = (...words: string[]): Promise<Buffer> =>
    run(neededProgram("s3cmd"), ["--config", config, "--no-progress", ...words]);
  const at = (key: string): string => `s3://${bucket}/${key}`;
  return {
    put: (file, key) => s3cmd("put", "--disable-multipart", file, at(key)),
    putInParts: (file, key) => s3cmd("put", "--multipart-chunk-size-mb=5", file, at(key)),
    get: (key, file) => s3cmd("get", "--force", at(key), file),
    readFrom: async (key, first) => {
      const file = join(folder, "resumed");
      await rm(file, { force: true });
      await appendFile(file, Buffer.alloc(first));
      await s3cmd("get", "--continue", at(key), file);
      return (await readFile(file)).subarray(first);
    },
    list: async (prefix) => {
      const lines = (await s3cmd("ls", "--recursive", at(prefix))).toString().split("\n");
      return lines.filter((line) => line !== "").map((line) => line.slice(line.indexOf(at("")) + at("").length));
    },
    copy: (from, to) => s3cmd("cp", at(from), at(to)),
    delete: (key) => s3cmd("del", at(key)),
    deleteAll: (prefix) => s3cmd("del", "--recursive", "--force", at(prefix)),
    presign: async (key) => [(await s3cmd("signurl", at(key), "+3600")).toString().trim()],
  };
}

clientContract("s3cmd", ["s3cmd"], open);
