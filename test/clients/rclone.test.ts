/** rclone, configured by environment variables; it verifies by checksum and by modification time. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { run } from "../support/run.ts";
import { type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

async function open(endpoint: Endpoint): Promise<ClientUnderTest> {
  const config = join(endpoint.folder, "rclone.conf");
  await writeFile(config, "");
  const env = rcloneEnvironment(endpoint.url, endpoint, config);
  const rclone = (...words: string[]): Promise<Buffer> => run(neededProgram("rclone"), words, { env });
  const at = (key: string): string => `gateway:${endpoint.bucket}/${key}`;
  return {
    put: (file, key) => rclone("copyto", file, at(key)),
    putInParts: (file, key) => rclone("copyto", file, at(key), "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi"),
    get: (key, file) => rclone("copyto", at(key), file, "--ignore-times", "--error-on-no-transfer"),
    readFrom: (key, first) => rclone("cat", at(key), "--offset", `${first}`),
    readRange: (key, first, last) => rclone("cat", at(key), "--offset", `${first}`, "--count", `${last - first + 1}`),
    list: async (prefix) => {
      const listed = (await rclone("lsf", "-R", "--files-only", at(""))).toString().split("\n");
      return listed.filter((key) => key.startsWith(prefix) && key !== "");
    },
    copy: (from, to) => rclone("copyto", at(from), at(to)),
    delete: (key) => rclone("deletefile", at(key)),
    deleteAll: (prefix) => rclone("purge", at(prefix)),
    presign: async (key) => [(await rclone("link", "--expire", "1h", at(key))).toString().trim()],
  };
}

clientContract("rclone", ["rclone"], open);
