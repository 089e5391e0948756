/** curl: `--aws-sigv4` where Debian's 7.88 signs correctly (plain path without query), presigned URLs for the rest. */
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalQuery, encodePath } from "../../src/signature-v4.ts";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { presign } from "../support/sign.ts";
import { type ClientUnderTest, clientContract, type Endpoint } from "./client-contract.ts";

const PART = 5 * 1024 * 1024;

function open({ url: endpoint, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): ClientUnderTest {
  const curl = (...words: string[]): Promise<Buffer> =>
    run(neededProgram("curl"), ["--silent", "--show-error", "--fail-with-body", ...words]);
  const path = (key: string): string => `/${bucket}/${encodePath(key)}`;
  const presigned = (
    method: string,
    key: string,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): string =>
    presign(
      { endpoint, accessKeyId, secretAccessKey },
      { method, path: path(key), query: canonicalQuery(Object.entries(query)), headers },
    );
  const signing = [
    "--aws-sigv4",
    "aws:amz:us-east-1:s3",
    "--user",
    `${accessKeyId}:${secretAccessKey}`,
    "--header",
    "x-amz-content-sha256: UNSIGNED-PAYLOAD",
  ];
  const put = (file: string, key: string): Promise<Buffer> =>
    curl(...signing, "--upload-file", file, endpoint + path(key));
  const list = async (prefix: string): Promise<string[]> => {
    const listing = (await curl(presigned("GET", "", { "list-type": "2", prefix, "encoding-type": "url" }))).toString();
    return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) =>
      decodeURIComponent(key.replaceAll("+", " ")),
    );
  };
  const remove = (key: string): Promise<Buffer> => curl("--request", "DELETE", presigned("DELETE", key));
  return {
    put,
    putInParts: async (file, key) => {
      const begun = (await curl("--request", "POST", presigned("POST", key, { uploads: "" }))).toString();
      const uploadId = /<UploadId>([^<]+)</.exec(begun)?.[1] ?? "";
      let parts = "";
      for (const [index, part] of (await cut(file, folder)).entries()) {
        const partNumber = `${index + 1}`;
        const said = await curl(
          "--dump-header",
          "-",
          "--upload-file",
          part,
          presigned("PUT", key, { partNumber, uploadId }),
        );
        parts += `<Part><PartNumber>${partNumber}</PartNumber><ETag>${/^etag: (\S+)/im.exec(said.toString())?.[1]}</ETag></Part>`;
      }
      const list = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
      return curl(
        "--request",
        "POST",
        "--header",
        "Content-Type: application/xml",
        "--data-binary",
        list,
        presigned("POST", key, { uploadId }),
      );
    },
    get: (key, file) => curl(...signing, "--output", file, endpoint + path(key)),
    readFrom: (key, first) => curl("--range", `${first}-`, presigned("GET", key)),
    readRange: (key, first, last) => curl(...signing, "--range", `${first}-${last}`, endpoint + path(key)),
    list,
    copy: (from, to) => {
      const source = `/${bucket}/${encodePath(from)}`;
      return curl(
        "--request",
        "PUT",
        "--header",
        `x-amz-copy-source: ${source}`,
        presigned("PUT", to, {}, { "x-amz-copy-source": source }),
      );
    },
    delete: remove,
    deleteAll: async (prefix) => {
      for (const key of await list(prefix)) await remove(key);
    },
    presign: async (key) => [presigned("GET", key)],
  };
}

async function cut(file: string, folder: string): Promise<string[]> {
  const names: string[] = [];
  const content = await readFile(file);
  for (let at = 0; at < content.length; at += PART) {
    names.push(join(folder, `part-${randomUUID()}`));
    await writeFile(names.at(-1) ?? "", content.subarray(at, at + PART));
  }
  return names;
}

clientContract("curl", ["curl"], open);
