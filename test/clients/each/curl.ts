/** curl: `--aws-sigv4` where Debian's 7.88 signs correctly (plain path without query), presigned URLs for the rest. */
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalQuery, encodePath } from "../../../src/signature-v4.ts";
import { neededProgram } from "../../support/programs.ts";
import { run } from "../../support/run.ts";
import { presign } from "../../support/sign.ts";
import { type Client, type Endpoint, fileKey, type Tasks, type Told, versionOf, without } from "../client.ts";

const PART = 5 * 1024 * 1024;

function open({ url: endpoint, accessKeyId, secretAccessKey, folder, bucket }: Endpoint): Tasks {
  const curl = (...words: string[]): Promise<Buffer> =>
    run(neededProgram("curl"), ["--silent", "--show-error", "--fail-with-body", "--location", ...words]);
  const path = (key: string): string => `/${bucket}/${encodePath(key)}`;
  const presigned = (method: string, key: string, query: Record<string, string> = {}, headers = {}): string => {
    const request = { method, path: path(key), query: canonicalQuery(Object.entries(query)), headers };
    return presign({ endpoint, accessKeyId, secretAccessKey }, request);
  };
  const unsigned = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  const signing = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", `${accessKeyId}:${secretAccessKey}`, ...unsigned];
  const list = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    let more: Record<string, string> = {};
    do {
      const query = { "list-type": "2", prefix, "encoding-type": "url", ...more };
      const page = (await curl(presigned("GET", "", query))).toString();
      for (const [, key = ""] of page.matchAll(/<Key>([^<]*)<\/Key>/g))
        keys.push(decodeURIComponent(key.replaceAll("+", " ")));
      const token = /<NextContinuationToken>([^<]*)</.exec(page)?.[1];
      more = token === undefined ? {} : { "continuation-token": token };
    } while (more["continuation-token"] !== undefined);
    return keys;
  };
  const remove = (key: string): Promise<Buffer> => curl("--request", "DELETE", presigned("DELETE", key));
  return {
    put: async (file, key) => curl(...signing, "--upload-file", file, endpoint + path(fileKey(key))),
    putInParts: async (file, key) => {
      const begun = (await curl("--request", "POST", presigned("POST", key, { uploads: "" }))).toString();
      const uploadId = /<UploadId>([^<]+)</.exec(begun)?.[1] ?? "";
      let parts = "";
      for (const [index, part] of (await cut(file, folder)).entries()) {
        const url = presigned("PUT", key, { partNumber: `${index + 1}`, uploadId });
        const etag = toldBy(await curl("--dump-header", "-", "--upload-file", part, url)).etag;
        parts += `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`;
      }
      const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
      const sent = ["--request", "POST", "--header", "Content-Type: application/xml", "--data-binary", body];
      return curl(...sent, presigned("POST", key, { uploadId }));
    },
    get: async (key, file) => {
      const said = await curl(...signing, "--dump-header", "-", "--output", file, endpoint + path(key));
      // After a redirect there are two heads: the last is the object's.
      return toldBy(
        Buffer.from(
          said
            .toString()
            .split(/\r\n\r\n(?=HTTP)/)
            .at(-1) ?? "",
        ),
      );
    },
    head: async (key) => toldBy(await curl("--head", presigned("HEAD", key))),
    range: (key, first, last, file) =>
      curl(...signing, "--range", `${first}-${last}`, "--output", file, endpoint + path(key)),
    resume: (key, file) => curl("--continue-at", "-", "--output", file, presigned("GET", key)),
    list,
    copy: (from, to) => {
      const headers = { "x-amz-copy-source": path(from) };
      return curl(
        "--request",
        "PUT",
        "--header",
        `x-amz-copy-source: ${path(from)}`,
        presigned("PUT", to, {}, headers),
      );
    },
    delete: remove,
    deleteAll: async (prefix) => {
      for (const key of await list(prefix)) await remove(key);
    },
    ...without({
      getInParts: "reads an object in one piece",
      presignGet: "presigns nothing",
      presignPut: "presigns nothing",
    }),
  };
}

/** Of a head as it came. */
function toldBy(head: Buffer): Told {
  const value = (name: string) => new RegExp(`^${name}: (.*?)\\r?$`, "im").exec(head.toString())?.[1] ?? null;
  const own = [...head.toString().matchAll(/^x-amz-meta-([\w-]+): (.*?)\r?$/gim)].map(([, name, text]) => [name, text]);
  return {
    size: Number(value("content-length")),
    etag: value("etag")?.replaceAll('"', "") ?? null,
    modified: value("last-modified"),
    type: value("content-type"),
    metadata: Object.fromEntries(own) as Record<string, string>,
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

export const curl: Client = {
  name: "curl -L",
  family: "curl",
  install: "apt install curl",
  version: () => versionOf("curl"),
  open,
};
