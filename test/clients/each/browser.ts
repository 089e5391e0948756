/** AWS SDK for JavaScript 3 in Debian's Chromium, in a page that the gateway itself serves. */
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { neededProgram } from "../../support/programs.ts";
import { presign } from "../../support/sign.ts";
import { type Client, type Endpoint, type Opened, type Told, versionOf, without } from "../client.ts";
import { PROGRAMS } from "../install.ts";

async function open(endpoint: Endpoint): Promise<Opened> {
  const { url, accessKeyId, secretAccessKey, bucket } = endpoint;
  const browser = await chromium.launch({ executablePath: neededProgram("chromium"), args: ["--no-sandbox"] });
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  const signed = (method: string): string =>
    presign({ endpoint: url, accessKeyId, secretAccessKey }, { method, path: `/${bucket}/own/page.html` });
  const headers = { "content-type": "text/html" };
  await fetch(signed("PUT"), { method: "PUT", headers, body: "<!doctype html><input type=file>" });
  await page.goto(signed("GET"));
  await page.addScriptTag({ content: await bundled() });
  const credentials = { accessKeyId, secretAccessKey };
  const config = { endpoint: url, region: "us-east-1", forcePathStyle: true, maxAttempts: 1, credentials };
  await page.evaluate(`globalThis.client = openClient(${JSON.stringify(config)}, ${JSON.stringify(bucket)})`);
  const ask = <T>(task: string, ...words: unknown[]): Promise<T> =>
    page.evaluate(`client.${task}(${words.map((word) => JSON.stringify(word)).join()})`) as Promise<T>;
  const read = async (key: string, more = {}): Promise<{ told: Told; content: Buffer }> => {
    const { told, bytes } = await ask<{ told: Told; bytes: string }>("get", key, more);
    return { told, content: Buffer.from(bytes.slice(bytes.indexOf(",") + 1), "base64") };
  };
  const give = async (task: string, file: string, key: string): Promise<void> => {
    await page.setInputFiles("input", file);
    await ask(task, key);
  };
  return {
    put: (file, key) => give("put", file, key),
    putInParts: (file, key) => give("putInParts", file, key),
    get: async (key, file) => {
      const { told, content } = await read(key);
      await writeFile(file, content);
      return told;
    },
    head: (key) => ask("head", key),
    range: async (key, first, last, file) =>
      writeFile(file, (await read(key, { Range: `bytes=${first}-${last}` })).content),
    resume: async (key, file, size) => {
      const { etag } = await ask<Told>("head", key);
      await appendFile(file, (await read(key, { Range: `bytes=${size}-`, IfMatch: `"${etag}"` })).content);
    },
    list: (prefix) => ask("list", prefix),
    copy: (from, to) => ask("copy", from, to),
    delete: (key) => ask("delete", key),
    deleteAll: (prefix) => ask("deleteAll", prefix),
    ...without({
      getInParts: "reads an object in one piece",
      presignGet: "presigns with a package of its own",
      presignPut: "presigns with a package of its own",
    }),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function bundled(): Promise<string> {
  const lib = { entry: join(PROGRAMS, "browser/sdk.mjs"), name: "sdk", formats: ["iife" as const] };
  const built = await build({ configFile: false, logLevel: "silent", build: { write: false, minify: false, lib } });
  const [first] = Array.isArray(built) ? built : [built];
  if (first === undefined || !("output" in first)) throw new Error("nothing was built");
  return first.output[0].code;
}

export const browser: Client = {
  name: "@aws-sdk/client-s3 in Chromium",
  family: "aws-sdk-js-v3",
  install: "npm install @aws-sdk/client-s3",
  version: async () => `Chromium ${await versionOf("chromium")}`,
  open,
};
