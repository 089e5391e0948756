// A page of another origin in a real browser: presigned URLs by fetch, and the SDK for JavaScript in the page itself,
// against a gateway over nodes. What no rule allows it never sees.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { GetObjectCommand, PutBucketCorsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { BUCKET, type OpenBucket } from "../support/open-bucket.ts";
import { openOverNodes } from "../support/over-nodes.ts";
import { describeWith } from "../support/programs.ts";
import { presign } from "../support/sign.ts";
import { type PageServer, startPageServer } from "./page-server.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MIB = 1024 * 1024;

describeWith(["chromium"], "a page of another origin", () => {
  let on: OpenBucket;
  let server: PageServer;
  let browser: Browser;
  /** One server under two names: of these origins only `localhost` is allowed. */
  let page: Page;
  let stranger: Page;

  beforeAll(async () => {
    server = await startPageServer(join(import.meta.dirname, "programs/page/sdk.mjs"));
    const { port } = server;
    on = await openOverNodes({ redirect: { minBytes: 0 } });
    await on.s3.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules: [ruleFor(port)] } }));
    browser = await openBrowser();
    [page, stranger] = await Promise.all([open(`http://localhost:${port}`), open(`http://127.0.0.1:${port}`)]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await on?.[Symbol.asyncDispose]();
  });

  async function open(url: string): Promise<Page> {
    const opened = await browser.newPage();
    await opened.goto(url);
    return opened;
  }

  const signed = (method: string, key: string, query: Readonly<Record<string, string>> = {}) =>
    presign({ ...on.gateway, endpoint: on.gateway.url }, { method, path: `/${BUCKET}/${key}`, query });

  it("writes by a presigned URL, and reads the ETag", async () => {
    const seen = await fetchIn(page, signed("PUT", "put"), { method: "PUT", body: "written by a page" });
    expect(seen).toMatchObject({ status: 200, headers: { etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) } });
    const { Body } = await on.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "put" }));
    expect(await Body?.transformToString()).toBe("written by a page");
  });

  it("reads by a presigned URL: redirected to a node, through the gateway, a range, a head", async () => {
    await on.put("get", "read by a page", { "x-amz-meta-name": "value" });
    const redirected = await fetchIn(page, signed("GET", "get"), {});
    expect(redirected).toMatchObject({ status: 200, text: "read by a page", redirected: true });
    expect(redirected).toMatchObject({ headers: { "x-amz-meta-name": "value" } });
    const proxied = await fetchIn(page, signed("GET", "get", { "x-nearbucket-redirect": "never" }), {});
    expect(proxied).toMatchObject({ status: 200, text: "read by a page", redirected: false });
    const range = await fetchIn(page, signed("GET", "get"), { headers: { Range: "bytes=5-6" } });
    expect(range).toMatchObject({
      status: 206,
      text: "by",
      redirected: true,
      headers: { "content-range": "bytes 5-6/14" },
    });
    const head = await fetchIn(page, signed("HEAD", "get"), { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "", headers: { etag: expect.any(String) } });
  });

  it("reads with headers of its own that a node is asked about first", async () => {
    await on.put("asked", "asked about first");
    const seen = await fetchIn(page, signed("GET", "asked"), { headers: { "If-None-Match": '"other"' } });
    expect(seen).toMatchObject({ status: 200, text: "asked about first", redirected: true });
  });

  it("reads what was refused, and why", async () => {
    const refused = await fetchIn(page, `${signed("GET", "get")}0`, {});
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining("<Code>SignatureDoesNotMatch</Code>") });
    const missing = await fetchIn(page, signed("GET", "missing"), {});
    expect(missing).toMatchObject({ status: 404, text: expect.stringContaining("<Code>NoSuchKey</Code>") });
    const failed = await fetchIn(page, signed("GET", "get"), { headers: { "If-Match": '"other"' } });
    expect(failed).toMatchObject({ status: 412 });
  });

  it("uploads in parts, lists and reads with the SDK for JavaScript", async () => {
    const { accessKeyId, secretAccessKey, url } = on.gateway;
    const script = `(async () => {
      const { sdk } = await import("/script.js");
      const { GetObjectCommand, ListObjectsV2Command, S3Client, Upload } = sdk;
      const credentials = ${JSON.stringify({ accessKeyId, secretAccessKey })};
      const client = new S3Client({ endpoint: "${url}", region: "us-east-1", forcePathStyle: true, credentials });
      const Body = new Blob([new Uint8Array(${6 * MIB}).fill(7)]);
      const params = { Bucket: "${BUCKET}", Key: "parts", Body };
      await new Upload({ client, params, partSize: ${5 * MIB} }).done();
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: "${BUCKET}", Prefix: "parts" }));
      const got = await client.send(new GetObjectCommand({ Bucket: "${BUCKET}", Key: "parts" }));
      const bytes = await got.Body.transformToByteArray();
      return { listed: Contents[0].Size, etag: got.ETag, read: bytes.length, same: bytes.every((byte) => byte === 7) };
    })()`;
    expect(await page.evaluate(script)).toEqual({
      ...{ listed: 6 * MIB, read: 6 * MIB, same: true },
      etag: expect.stringMatching(/-2"$/),
    });
  });

  it("sees nothing, and sends no write, where no rule allows it", async () => {
    await on.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "secret", Body: randomBytes(10) }));
    const nothing = { error: "TypeError" };
    expect(await fetchIn(stranger, signed("GET", "secret"), {})).toEqual(nothing);
    expect(await fetchIn(stranger, `${signed("GET", "secret")}0`, {})).toEqual(nothing);
    expect(await fetchIn(stranger, signed("PUT", "unwritten"), { method: "PUT", body: "x" })).toEqual(nothing);
    expect(await on.get("unwritten")).toMatchObject({ status: 404 });
    expect(await fetchIn(page, signed("DELETE", "secret"), { method: "DELETE" })).toEqual(nothing);
    expect(await on.call("HEAD", "secret")).toMatchObject({ status: 200 });
  });
});

function ruleFor(port: number) {
  return {
    AllowedOrigins: [`http://localhost:${port}`],
    AllowedMethods: ["GET", "HEAD", "PUT", "POST"],
    AllowedHeaders: ["*"],
    ExposeHeaders: ["ETag", "Content-Range"],
  };
}

/** What a script of the page gets to see. */
function fetchIn(page: Page, url: string, init: object): Promise<unknown> {
  return page.evaluate(`(async () => {
    try {
      const answer = await fetch(${JSON.stringify(url)}, ${JSON.stringify(init)});
      const { status, redirected, headers } = answer;
      return { status, redirected, headers: Object.fromEntries(headers), text: await answer.text() };
    } catch (error) {
      return { error: error.name };
    }
  })()`);
}
