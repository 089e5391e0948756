/** A page of another origin in Chromium: its fetch with presigned URLs, and the SDK for JavaScript in it. */
import { basename, join } from "node:path";
import { chromium as browsers } from "playwright-core";
import { encodePath } from "../../../src/signature-v4.ts";
import { neededProgram } from "../../support/programs.ts";
import { presign } from "../../support/sign.ts";
import { type Client, type Endpoint, NotOffered, type Opened, versionOf } from "../client.ts";
import { PROGRAMS } from "../install.ts";
import { startPageServer } from "../page-server.ts";
import { programTasks } from "../program.ts";

async function open(script: string, endpoint: Endpoint): Promise<Opened> {
  const { url, accessKeyId, secretAccessKey, folder, bucket } = endpoint;
  const server = await startPageServer(join(PROGRAMS, "page", script), folder);
  const browser = await browsers.launch({ executablePath: neededProgram("chromium"), args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.exposeFunction("presign", (method: string, key: string, query: Readonly<Record<string, string>>) =>
    presign({ endpoint: url, accessKeyId, secretAccessKey }, { method, path: `/${bucket}/${encodePath(key)}`, query }),
  );
  await page.goto(`http://localhost:${server.port}`);
  const settings = { endpoint: url, credentials: { accessKeyId, secretAccessKey } };
  await page.evaluate(`settings = ${JSON.stringify(settings)}; import("/script.js").then(() => {})`);
  return {
    ...programTasks(async (...words) => {
      // The page knows the files of the folder by name only.
      const said = words.map((word) => (word.startsWith(folder) ? `/files/${basename(word)}` : word));
      const answer: { declined?: string; result?: unknown } = await page.evaluate(
        `act(...${JSON.stringify([said[0], bucket, ...said.slice(1)])})`,
      );
      if (answer.declined !== undefined) throw new NotOffered(answer.declined);
      return answer.result;
    }),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

export const chromium: Client = {
  name: "Chromium, fetch",
  family: "browser",
  install: "apt install chromium",
  version: () => versionOf("chromium"),
  open: (endpoint) => open("with-fetch.mjs", endpoint),
};

export const sdkInChromium: Client = {
  name: "@aws-sdk/client-s3 in Chromium",
  family: "aws-sdk-js-v3",
  install: "npm install @aws-sdk/client-s3",
  version: () => versionOf("chromium"),
  open: (endpoint) => open("with-aws-sdk.mjs", endpoint),
};
