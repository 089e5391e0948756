/** mc, MinIO's client (minio-go): chunk-signed uploads, batch delete, reads with If-Match. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): ClientUnderTest {
  const env = {
    MC_CONFIG_DIR: join(folder, "mc"),
    MC_HOST_gateway: url.replace("://", `://${accessKeyId}:${secretAccessKey}@`),
  };
  const mc = (words: readonly string[], input?: Buffer): Promise<Buffer> =>
    run(neededProgram("mc"), ["--quiet", ...words], { env, ...(input === undefined ? {} : { input }) });
  const at = (key: string): string => `gateway/${bucket}/${key}`;
  return {
    put: (file, key) => mc(["cp", "--disable-multipart", file, at(key)]),
    putInParts: async (file, key) => mc(["pipe", "--part-size", "5MiB", at(key)], await readFile(file)),
    get: async (key, file) => writeFile(file, await mc(["cat", at(key)])),
    readFrom: (key, first) => mc(["cat", "--offset", `${first}`, at(key)]),
    list: async (prefix) => {
      const lines = (await mc(["ls", "--recursive", "--json", at(prefix)])).toString().split("\n");
      const listed = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as { key: string });
      const folderOfPrefix = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      return listed.map(({ key }) => (key.startsWith(folderOfPrefix) ? key : folderOfPrefix + key));
    },
    copy: (from, to) => mc(["cp", at(from), at(to)]),
    delete: (key) => mc(["rm", at(key)]),
    deleteAll: (prefix) => mc(["rm", "--recursive", "--force", at(prefix)]),
    presign: async (key) => {
      const shared = JSON.parse((await mc(["share", "download", "--expire", "1h", "--json", at(key)])).toString()) as {
        share: string;
      };
      return [shared.share];
    },
  };
}

clientContract("mc", ["mc"], open);
