/** aws-cli: the high-level `aws s3` commands, and the low-level ones for what those cannot do. */
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../support/run.ts";
import { awsEnvironment, type Client, type Endpoint, type Tasks, type Told, versionOf, without } from "../client.ts";

interface Answer {
  readonly ContentLength: number;
  readonly ETag: string;
  readonly LastModified: string;
  readonly ContentType: string;
  readonly Metadata: Record<string, string>;
}

async function open(program: string, endpoint: Endpoint): Promise<Tasks> {
  const { url, folder, bucket } = endpoint;
  const config = join(folder, "aws-config");
  const settings = ["multipart_threshold = 10MB", "multipart_chunksize = 5MB", "addressing_style = path"];
  await writeFile(config, `[default]\ns3 =\n${settings.map((line) => `  ${line}\n`).join("")}`);
  const env = { ...awsEnvironment(endpoint), AWS_CONFIG_FILE: config, AWS_PAGER: "" };
  const aws = (...words: string[]): Promise<Buffer> => run(program, ["--endpoint-url", url, ...words], { env });
  const api = (action: string, ...words: string[]): Promise<Buffer> =>
    aws("s3api", action, "--bucket", bucket, "--output", "json", ...words);
  const told = async (answer: Promise<Buffer>): Promise<Told> => {
    const { ContentLength, ETag, LastModified, ContentType, Metadata } = JSON.parse(`${await answer}`) as Answer;
    const etag = ETag.replaceAll('"', "");
    return { size: ContentLength, etag, modified: LastModified, type: ContentType, metadata: Metadata };
  };
  const at = (key: string): string => `s3://${bucket}/${key}`;
  const copy = (from: string, to: string): Promise<Buffer> => aws("s3", "cp", "--no-progress", from, to);
  return {
    // For `aws s3 cp` such a name is a folder.
    put: (file, key) => (key.endsWith("/") ? api("put-object", "--key", key, "--body", file) : copy(file, at(key))),
    putInParts: (file, key) => copy(file, at(key)),
    get: (key, file) => told(api("get-object", "--key", key, file)),
    getInParts: (key, file) => copy(at(key), file),
    head: (key) => told(api("head-object", "--key", key)),
    range: (key, first, last, file) => api("get-object", "--key", key, "--range", `bytes=${first}-${last}`, file),
    async resume(key, file, size) {
      const rest = `${file}.rest`;
      const { etag } = await told(api("head-object", "--key", key));
      await api("get-object", "--key", key, "--range", `bytes=${size}-`, "--if-match", `"${etag}"`, rest);
      await appendFile(file, await readFile(rest));
      await rm(rest);
    },
    list: async (prefix) =>
      JSON.parse(`${await api("list-objects-v2", "--prefix", prefix, "--query", "Contents[].Key")}`) as string[],
    copy: (from, to) => copy(at(from), at(to)),
    delete: (key) => aws("s3", "rm", at(key)),
    deleteAll: (prefix) => aws("s3", "rm", "--recursive", at(prefix)),
    presignGet: async (key) => [`${await aws("s3", "presign", at(key))}`.trim()],
    ...without({ presignPut: "presigns reads only" }),
  };
}

export const awsCli = (program: string, name = "aws-cli"): Client => ({
  name,
  family: "aws-cli",
  install: "pip install awscli",
  version: () => versionOf(program),
  open: (endpoint) => open(program, endpoint),
});
