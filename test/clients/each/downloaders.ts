/** Programs that read URLs: they are given presigned ones. */
import { basename, dirname } from "node:path";
import { encodePath } from "../../../src/signature-v4.ts";
import { run } from "../../support/run.ts";
import { presign } from "../../support/sign.ts";
import { type Client, type Endpoint, type Tasks, versionOf, without } from "../client.ts";

const READS_ONLY = without({
  putInParts: "speaks no S3",
  list: "speaks no S3",
  copy: "speaks no S3",
  delete: "speaks no S3",
  deleteAll: "speaks no S3",
  presignGet: "presigns nothing",
  presignPut: "presigns nothing",
});

const urlOf =
  ({ url: endpoint, accessKeyId, secretAccessKey, bucket }: Endpoint) =>
  (method: string, key: string): string =>
    presign({ endpoint, accessKeyId, secretAccessKey }, { method, path: `/${bucket}/${encodePath(key)}` });

function wgetTasks(endpoint: Endpoint): Tasks {
  const at = urlOf(endpoint);
  const wget = (...words: string[]): Promise<Buffer> => run("wget", ["--no-verbose", "--tries=1", ...words]);
  return {
    put: (file, key) => wget("--method=PUT", `--body-file=${file}`, "-O", "/dev/null", at("PUT", key)),
    get: async (key, file) => {
      await wget("-O", file, at("GET", key));
      return {};
    },
    resume: (key, file) => wget("--continue", "-O", file, at("GET", key)),
    ...without({
      head: "prints what it is told for people only",
      range: "reads from an offset to the end",
      getInParts: "reads an object in one piece",
    }),
    ...READS_ONLY,
  };
}

function aria2Tasks(endpoint: Endpoint): Tasks {
  const at = urlOf(endpoint);
  const aria2 = (key: string, file: string, ...words: string[]): Promise<Buffer> => {
    const settings = ["--quiet", "--max-tries=1", "--allow-overwrite=true", "--file-allocation=none"];
    return run("aria2c", [...settings, `--dir=${dirname(file)}`, `--out=${basename(file)}`, ...words, at("GET", key)]);
  };
  return {
    get: async (key, file) => {
      await aria2(key, file);
      return {};
    },
    getInParts: (key, file) => aria2(key, file, "--split=3", "--max-connection-per-server=3", "--min-split-size=1M"),
    resume: (key, file) => aria2(key, file, "--continue=true", "--allow-overwrite=false"),
    ...without({ put: "reads only", head: "tells nothing of a file", range: "reads whole files" }),
    ...READS_ONLY,
  };
}

export const wget: Client = {
  name: "wget",
  family: "wget",
  install: "apt install wget",
  keepsTime: true,
  version: () => versionOf("wget"),
  open: wgetTasks,
};

export const aria2: Client = {
  name: "aria2",
  family: "aria2",
  install: "apt install aria2",
  version: () => versionOf("aria2c"),
  open: aria2Tasks,
};
