/** A gateway with one bucket, a browser, and between them a line that counts and a proxy that can be told to fail. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
} from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { expect, vi } from "vitest";
import { type ConsoleTab, openTab, PATIENCE_MS, signIn } from "./browser.ts";
import { type CountingLine, startCountingLine } from "./counting-line.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type S3Proxy, startS3Proxy } from "./s3-proxy.ts";

export interface UploadScene extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly proxy: S3Proxy;
  readonly line: CountingLine;
  /** A new tab that shows the bucket `photos`, and the PUTs that it begins from now on. */
  open(host?: string): Promise<{ readonly page: Page; readonly puts: Put[]; readonly complaints: readonly string[] }>;
  keys(): Promise<string[]>;
  /** Hex sha256 of the object. */
  digestOf(key: string): Promise<string>;
  /** Stored parts of each unfinished upload, by number. */
  unfinished(): Promise<number[][]>;
}

interface Put {
  readonly key: string;
  readonly part: number | undefined;
}

const Bucket = "photos";

/** `browser`: the caller's, who closes it. */
export async function openUploadScene(browser: Browser): Promise<UploadScene> {
  const gateway = await startTestGateway();
  const proxy = await startS3Proxy(gateway.url);
  const line = await startCountingLine(proxy.url);
  const tabs: ConsoleTab[] = [];
  await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  return {
    gateway,
    proxy,
    line,
    async open(host = "127.0.0.1") {
      const url = line.url.replace("127.0.0.1", host);
      const tab = await openTab(browser);
      tabs.push(tab);
      const { page, complaints } = tab;
      await signIn(page, url, gateway);
      await page.goto(`${url}/-/#/buckets/photos/`);
      const puts: Put[] = [];
      page.on("request", (request) => {
        if (request.method() === "PUT") puts.push(putOf(request.url()));
      });
      await page.getByRole("button", { name: "Upload" }).waitFor();
      return { page, puts, complaints };
    },
    async keys() {
      const { Contents = [] } = await gateway.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = "" }) => Key);
    },
    async digestOf(Key) {
      const { Body } = await gateway.s3.send(new GetObjectCommand({ Bucket, Key }));
      const hash = createHash("sha256");
      for await (const chunk of Body as Readable) hash.update(chunk);
      return hash.digest("hex");
    },
    async unfinished() {
      const { Uploads = [] } = await gateway.s3.send(new ListMultipartUploadsCommand({ Bucket }));
      return Promise.all(
        Uploads.map(async ({ Key, UploadId }) => {
          const { Parts = [] } = await gateway.s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
          return Parts.map(({ PartNumber = 0 }) => PartNumber);
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(tabs.map((tab) => tab[Symbol.asyncDispose]()));
      for (const opened of [line, proxy, gateway]) await opened[Symbol.asyncDispose]();
    },
  };
}

function putOf(url: string): Put {
  const { pathname, searchParams } = new URL(url);
  const part = searchParams.get("partNumber");
  return {
    key: decodeURIComponent(pathname).slice(`/${Bucket}/`.length),
    part: part === null ? undefined : Number(part),
  };
}

/**
 * Drags files and folders of this machine over the page, again and again as while somebody holds them there, and lets
 * them go once it says that it takes them. A browser that is not ready yet loses such events and tells nobody: then
 * they are dropped once more.
 */
export async function dropOn(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const drag = (type: "dragEnter" | "dragOver" | "drop") =>
    devtools.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
  await page.evaluate(`window.hasDropped = false; addEventListener("drop", () => { window.hasDropped = true; }, true)`);
  const hold = async () => {
    await drag("dragOver");
    await page.getByText("Drop to upload to").waitFor({ timeout: 200 });
  };
  const drop = async () => {
    await drag("dragEnter");
    await vi.waitFor(hold, { timeout: PATIENCE_MS });
    await drag("dragOver");
    await drag("drop");
    await expect.poll(() => page.evaluate("window.hasDropped"), { timeout: 5000 }).toBe(true);
  };
  await vi.waitFor(drop, { timeout: PATIENCE_MS });
  await devtools.detach();
}

/** Writes a file of random bytes, with its folders; its hex sha256. */
export async function writeRandom(directory: string, path: string, size: number): Promise<string> {
  const bytes = randomBytes(size);
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), bytes);
  return createHash("sha256").update(bytes).digest("hex");
}

/** The tab is gone with its connections before the proxy lets go of what it holds: nobody hears the answers. */
export async function kill({ proxy }: UploadScene, page: Page): Promise<void> {
  await page.context().close();
  proxy.reset();
}
