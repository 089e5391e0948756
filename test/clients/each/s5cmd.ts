/** s5cmd, on aws-sdk-go v1. */
import { run } from "../../support/run.ts";
import { awsEnvironment, type Client, type Endpoint, fileKey, type Tasks, without } from "../client.ts";

const PARTS = ["--part-size", "5", "--concurrency", "3"];

function open(program: string, endpoint: Endpoint): Tasks {
  const env = awsEnvironment(endpoint);
  const s5cmd = (...words: string[]): Promise<Buffer> =>
    run(program, ["--endpoint-url", endpoint.url, "--retry-count", "1", ...words], { env });
  // Without --raw it takes * and ? for patterns.
  const at = (key: string): string => `s3://${endpoint.bucket}/${key}`;
  return {
    put: async (file, key) => s5cmd("cp", "--raw", file, at(fileKey(key))),
    putInParts: (file, key) => s5cmd("cp", "--raw", ...PARTS, file, at(key)),
    get: async (key, file) => {
      await s5cmd("cp", "--raw", at(key), file);
      return {};
    },
    getInParts: (key, file) => s5cmd("cp", "--raw", ...PARTS, at(key), file),
    head: async (key) => {
      const said = JSON.parse(`${await s5cmd("--json", "head", at(key))}`) as {
        size: number;
        etag: string;
        last_modified: string;
        content_type: string;
        metadata?: Record<string, string>;
      };
      const own = Object.entries(said.metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
      const metadata = Object.fromEntries(own) as Record<string, string>;
      return { size: said.size, etag: said.etag, modified: said.last_modified, type: said.content_type, metadata };
    },
    list: async (prefix) => {
      const lines = `${await s5cmd("--json", "ls", at(`${prefix}*`))}`.split("\n").filter((line) => line !== "");
      return lines.map((line) => (JSON.parse(line) as { key: string }).key.slice(at("").length));
    },
    copy: (from, to) => s5cmd("cp", "--raw", at(from), at(to)),
    delete: (key) => s5cmd("rm", "--raw", at(key)),
    deleteAll: (prefix) => s5cmd("rm", at(`${prefix}*`)),
    presignGet: async (key) => [`${await s5cmd("presign", at(key))}`.trim()],
    ...without({
      range: "reads whole objects",
      resume: "begins again",
      presignPut: "presigns reads only",
    }),
  };
}

export const s5cmd = (program: string): Client => ({
  name: "s5cmd",
  family: "aws-sdk-go",
  install: "go install github.com/peak/s5cmd/v2",
  version: async () => {
    const built = `${await run("go", ["version", "-m", program])}`;
    return /peak\/s5cmd\/v2\s+v(\S+)/.exec(built)?.[1] ?? "unknown";
  },
  open: (endpoint) => open(program, endpoint),
});
