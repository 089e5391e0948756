/**
 * The small client programs in programs/: one command line for all of them.
 *
 *     PROGRAM put|put-parts BUCKET KEY FILE
 *     PROGRAM get|get-parts BUCKET KEY FILE             get prints what it was told (Told) as JSON
 *     PROGRAM head BUCKET KEY                           prints the same
 *     PROGRAM range BUCKET KEY FILE FIRST LAST [ETAG]   LAST "" is the end; ETAG becomes If-Match
 *     PROGRAM list BUCKET PREFIX                        prints a JSON list of keys
 *     PROGRAM copy BUCKET FROM TO
 *     PROGRAM delete|delete-all BUCKET KEY|PREFIX
 *     PROGRAM presign-get|presign-put BUCKET KEY        prints a JSON list of URLs
 *     PROGRAM version
 *
 * The endpoint and the keys come from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION. A
 * program that cannot do what is asked exits with 64 and says on standard error why.
 */
import { appendFile, readFile, rm } from "node:fs/promises";
import { RunFailed, run } from "../support/run.ts";
import { awsEnvironment, type Client, NotOffered, type Tasks, type Told } from "./client.ts";

const NOT_OFFERED = 64;

export function programClient(
  client: Pick<Client, "name" | "family" | "install">,
  command: readonly [string, ...string[]],
  more: Readonly<Record<string, string>> = {},
): Client {
  return {
    ...client,
    version: async () => (await call(command, { ...more, AWS_REGION: "us-east-1" }, "version")).trim(),
    open: (endpoint) => {
      const own = { AWS_ENDPOINT_URL: endpoint.url, PYTHONDONTWRITEBYTECODE: "1" };
      const env = { ...more, ...awsEnvironment(endpoint), ...own };
      return programTasks(async (action, ...words) => {
        const said = await call(command, env, action, endpoint.bucket, ...words);
        return said.trim() === "" ? undefined : JSON.parse(said);
      });
    },
  };
}

/** `ask` has a program do what its words say, and gives what it prints. */
export function programTasks(ask: (action: string, ...words: string[]) => Promise<unknown>): Tasks {
  const told = async (...words: [string, ...string[]]): Promise<Told> => (await ask(...words)) as Told;
  const texts = async (...words: [string, ...string[]]): Promise<string[]> => (await ask(...words)) as string[];
  return {
    put: (file, key) => ask("put", key, file),
    putInParts: (file, key) => ask("put-parts", key, file),
    get: (key, file) => told("get", key, file),
    getInParts: (key, file) => ask("get-parts", key, file),
    head: (key) => told("head", key),
    range: (key, first, last, file) => ask("range", key, file, `${first}`, `${last}`),
    async resume(key, file, size) {
      const { etag } = await told("head", key);
      const rest = `${file}.rest`;
      await ask("range", key, rest, `${size}`, "", etag ?? "");
      await appendFile(file, await readFile(rest));
      await rm(rest);
    },
    list: (prefix) => texts("list", prefix),
    copy: (from, to) => ask("copy", from, to),
    delete: (key) => ask("delete", key),
    deleteAll: (prefix) => ask("delete-all", prefix),
    presignGet: (key) => texts("presign-get", key),
    presignPut: (key) => texts("presign-put", key),
  };
}

async function call(
  [path, ...first]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<string> {
  try {
    return (await run(path, [...first, ...words], { env })).toString();
  } catch (error) {
    if (error instanceof RunFailed && error.code === NOT_OFFERED)
      throw new NotOffered(error.said.trim(), { cause: error });
    throw error;
  }
}
