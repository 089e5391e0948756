/** mc, MinIO's client on minio-go: chunk-signed uploads, batch delete, reads with If-Match. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../../support/programs.ts";
import { run } from "../../support/run.ts";
import { type Client, type Endpoint, fileKey, type Tasks, versionOf, without } from "../client.ts";

interface Stat {
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function open({ url, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Tasks {
  const env = {
    MC_CONFIG_DIR: join(folder, "mc"),
    MC_HOST_gateway: url.replace("://", `://${accessKeyId}:${secretAccessKey}@`),
  };
  const mc = (words: readonly string[], input?: Buffer): Promise<Buffer> =>
    run(neededProgram("mc"), ["--quiet", ...words], { env, ...(input === undefined ? {} : { input }) });
  const at = (key: string): string => `gateway/${bucket}/${key}`;
  const share = async (...words: string[]): Promise<string> =>
    (JSON.parse(`${await mc(["share", ...words, "--json"])}`) as { share: string }).share;
  return {
    put: async (file, key) => mc(["cp", file, at(fileKey(key))]),
    putInParts: async (file, key) => mc(["pipe", "--part-size", "5MiB", at(key)], await readFile(file)),
    get: async (key, file) => {
      await mc(["cp", at(key), file]);
      return {};
    },
    head: async (key) => {
      const { size, etag, lastModified, metadata } = JSON.parse(`${await mc(["stat", "--json", at(key)])}`) as Stat;
      const prefix = "x-amz-meta-";
      const own = Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value] as const);
      const named = own.filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(11), value]);
      const type = Object.fromEntries(own)["content-type"] ?? null;
      return { size, etag, modified: lastModified, type, metadata: Object.fromEntries(named) };
    },
    resume: async (key, file, size) => appendFile(file, await mc(["cat", "--offset", `${size}`, at(key)])),
    list: async (prefix) => {
      const lines = (await mc(["ls", "--recursive", "--json", at(prefix)])).toString().split("\n");
      const listed = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as { key: string });
      const folderOfPrefix = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      return listed.map(({ key }) => (key.startsWith(folderOfPrefix) ? key : folderOfPrefix + key));
    },
    copy: (from, to) => mc(["cp", at(from), at(to)]),
    delete: (key) => mc(["rm", at(key)]),
    deleteAll: (prefix) => mc(["rm", "--recursive", "--force", at(prefix)]),
    presignGet: async (key) => [await share("download", "--expire", "1h", at(key))],
    ...without({
      range: "reads from an offset to the end",
      getInParts: "reads an object in one piece",
      presignPut: "makes a form for uploads",
    }),
  };
}

export const mc: Client = {
  name: "mc",
  family: "minio-sdk",
  install: "go install github.com/minio/mc",
  version: () => versionOf("mc"),
  open,
};
