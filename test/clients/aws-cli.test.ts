/**
 * aws-cli: the high-level `aws s3` commands, and the low-level ones for ranges and listing, which the others cannot do.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { awsEnvironment, type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

async function open(endpoint: Endpoint): Promise<ClientUnderTest> {
  const { url, folder, bucket } = endpoint;
  const config = join(folder, "aws-config");
  await writeFile(
    config,
    "[default]\ns3 =\n  multipart_threshold = 10MB\n  multipart_chunksize = 5MB\n  addressing_style = path\n",
  );
  const env = { ...awsEnvironment(endpoint), AWS_CONFIG_FILE: config, AWS_PAGER: "" };
  const aws = (...words: string[]): Promise<Buffer> =>
    run(neededProgram("aws"), ["--endpoint-url", url, ...words], { env });
  const at = (key: string): string => `s3://${bucket}/${key}`;
  const copy = (from: string, to: string): Promise<Buffer> => aws("s3", "cp", "--no-progress", from, to);
  const range = async (key: string, bytes: string): Promise<Buffer> => {
    const file = join(folder, "range");
    await aws("s3api", "get-object", "--bucket", bucket, "--key", key, "--range", `bytes=${bytes}`, file);
    return readFile(file);
  };
  return {
    put: (file, key) => copy(file, at(key)),
    putInParts: (file, key) => copy(file, at(key)),
    get: (key, file) => copy(at(key), file),
    readFrom: (key, first) => range(key, `${first}-`),
    readRange: (key, first, last) => range(key, `${first}-${last}`),
    list: async (prefix) => {
      const listing = await aws(
        "s3api",
        "list-objects-v2",
        "--bucket",
        bucket,
        "--prefix",
        prefix,
        "--query",
        "Contents[].Key",
        "--output",
        "json",
      );
      return JSON.parse(listing.toString()) as string[];
    },
    copy: (from, to) => copy(at(from), at(to)),
    delete: (key) => aws("s3", "rm", at(key)),
    deleteAll: (prefix) => aws("s3", "rm", "--recursive", at(prefix)),
    presign: async (key) => [(await aws("s3", "presign", at(key))).toString().trim()],
  };
}

clientContract("aws-cli", ["aws"], open);
