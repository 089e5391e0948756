// The console as it is served: its page, its files, its headers, and the way there. Built before by `npm run build`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { consoleFiles } from "../../src/http/console-files.ts";
import { startTestGateway } from "../support/gateway.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** As sent, without what fetch adds and decodes. */
function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    });
    sent.once("error", reject);
    sent.end();
  });
}

describe("the console over HTTP", () => {
  it("serves its page, asked for each time, and its files for good", async () => {
    await using gateway = await startTestGateway();
    const page = await ask(`${gateway.url}/-/`);
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(page.headers["cache-control"]).toBe("no-cache");
    const script = /src="(\/-\/assets\/[^"]+\.js)"/.exec(page.body.toString())?.[1];
    const plain = await ask(`${gateway.url}${script}`);
    expect(plain.headers["cache-control"]).toContain("immutable");
    expect(plain.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    const zipped = await ask(`${gateway.url}${script}`, { "accept-encoding": "gzip" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    const again = await ask(`${gateway.url}/-/`, { "if-none-match": String(page.headers["etag"]) });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });

  it("comes in at most 60 kB", async () => {
    await using gateway = await startTestGateway();
    const page = (await ask(`${gateway.url}/-/`)).body.toString();
    const files = [...page.matchAll(/(?:src|href)="(\/-\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
    const loads = files.map(
      async (file) => (await ask(`${gateway.url}${file}`, { "accept-encoding": "gzip" })).body.length,
    );
    const sizes = await Promise.all(loads);
    expect(sizes.length).toBeGreaterThanOrEqual(2);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(60_000);
  });

  it("lets its pages reach only the gateway and the addresses it redirects to", async () => {
    const place = {
      region: "here",
      bucket: "blobs",
      endpoint: "http://127.0.0.1:9",
      publicEndpoint: "https://a.example.com",
    };
    const config = { regions: [{ name: "here", latitude: 0, longitude: 0 }], copies: 1 };
    const keys = { accessKeyId: "AKIAFARSTORE", secretAccessKey: "far-store-secret-0123" };
    const backends = [{ kind: "s3" as const, name: "far", ...place, ...keys }];
    await using gateway = await startTestGateway({ backends, config });
    const { headers } = await ask(`${gateway.url}/-/`);
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toContain("default-src 'none'");
    const own = `127.0.0.1:${gateway.port}/-/assets/`;
    expect(policy).toContain(`script-src ${own} 'wasm-unsafe-eval'`);
    expect(policy).toContain(`worker-src ${own}`);
    expect(policy).toContain("img-src blob: 'self' https://a.example.com");
    expect(policy).toContain("connect-src 'self' https://a.example.com");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
  });

  it("answers 404 for a file that it does not have, and leaves the rest of /-/ as it is", async () => {
    await using gateway = await startTestGateway();
    expect(await ask(`${gateway.url}/-/assets/..%2findex.html`)).toMatchObject({ status: 404 });
    expect(await ask(`${gateway.url}/-/assets/none.js`)).toMatchObject({ status: 404 });
    expect(await ask(`${gateway.url}/-/health`)).toMatchObject({ status: 200 });
    expect(await ask(`${gateway.url}/-/`, {}, "POST")).toMatchObject({ status: 404 });
  });

  it("sends a browser that opens the bare address there, and no S3 client", async () => {
    await using gateway = await startTestGateway({ config: { domains: ["s3.example.com"] } });
    const opened = await ask(`${gateway.url}/`, BROWSER);
    expect(opened).toMatchObject({ status: 302, headers: { location: "/-/", "cache-control": "no-store" } });
    expect(await ask(`${gateway.url}/`, { "sec-fetch-mode": "navigate" })).toMatchObject({ status: 302 });
    expect(await ask(`${gateway.url}/`)).toMatchObject({ status: 403 });
    expect(await ask(`${gateway.url}/?X-Amz-Signature=0`, BROWSER)).toMatchObject({ status: 400 });
    expect(await ask(`${gateway.url}/`, { ...BROWSER, authorization: "Bearer x" })).toMatchObject({ status: 400 });
    const inBucket = { ...BROWSER, host: "photos.s3.example.com" };
    expect((await ask(`${gateway.url}/`, inBucket)).status).not.toBe(302);
    expect((await ask(`${gateway.url}/-/`, inBucket)).headers["content-type"]).toBe("application/xml");
    const signed = await gateway.fetch({ path: "/", headers: BROWSER });
    expect(signed.status).toBe(200);
  });

  it("keeps a page that a bucket holds apart from its origin, whoever asks first", async () => {
    await using gateway = await startTestGateway();
    await gateway.fetch({ method: "PUT", path: "/site" });
    for (const type of ["text/html", "application/pdf"]) {
      const headers = { "content-type": type };
      await gateway.fetch({ method: "PUT", path: `/site/${type.slice(-3)}`, headers, body: "<p>x</p>" });
    }
    const policy = async (key: string, headers: Record<string, string>) =>
      (await gateway.fetch({ path: `/site/${key}`, headers })).headers["content-security-policy"];
    expect(await policy("tml", BROWSER)).toMatch(/^sandbox(?!.*same-origin)/);
    expect(await policy("pdf", BROWSER)).toBeUndefined();
    // A browser may keep what a script or an image asked for, and open it as a page later.
    expect(await policy("tml", { accept: "*/*" })).toMatch(/^sandbox/);
  });

  it("is not on the listener for operators, where neither S3 nor the API is", async () => {
    await using gateway = await startTestGateway({ config: { admin: { listen: { host: "127.0.0.1", port: 0 } } } });
    expect(await ask(`${gateway.gateway.adminUrl}/-/`)).toMatchObject({ status: 404 });
  });

  it("knows that it is not built, and sees it once it is", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nearbucket-console-"));
    const files = consoleFiles(directory);
    expect(await files()).toBeUndefined();
    await writeFile(join(directory, "index.html"), "<p>built</p>");
    expect((await files())?.get("index.html")?.plain.toString()).toBe("<p>built</p>");
    await rm(directory, { recursive: true });
    expect(await consoleFiles(directory)()).toBeUndefined();
  });
});
