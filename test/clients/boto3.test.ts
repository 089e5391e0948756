/**
 * boto3, driven by a small script that does one action per run: transfers in parts, paged listing, batch delete, both
 * ways of presigning.
 */
import { fileURLToPath } from "node:url";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { awsEnvironment, type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

const SCRIPT = fileURLToPath(new URL("boto3-client.py", import.meta.url));

function open(endpoint: Endpoint): ClientUnderTest {
  const env = { ...awsEnvironment(endpoint), PYTHONDONTWRITEBYTECODE: "1" };
  const boto3 = (action: string, ...words: string[]): Promise<Buffer> =>
    run(neededProgram("boto3"), [SCRIPT, endpoint.url, endpoint.bucket, action, ...words], { env });
  const strings = async (printed: Promise<Buffer>): Promise<string[]> =>
    JSON.parse((await printed).toString()) as string[];
  return {
    put: (file, key) => boto3("put", file, key),
    putInParts: (file, key) => boto3("put", file, key),
    get: (key, file) => boto3("get", key, file),
    readFrom: (key, first) => boto3("read", key, `${first}-`),
    readRange: (key, first, last) => boto3("read", key, `${first}-${last}`),
    list: (prefix) => strings(boto3("list", prefix)),
    copy: (from, to) => boto3("copy", from, to),
    delete: (key) => boto3("delete", key),
    deleteAll: (prefix) => boto3("delete_all", prefix),
    presign: (key) => strings(boto3("presign", key)),
  };
}

clientContract("boto3", ["boto3"], open);
