// Scripts in objects, and pages of other origins, against a session of the console: over the demo, whose nodes serve
// what browsers are redirected to.
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Browser, Page, Response } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { apiClient } from "../../support/api.ts";
import { type ConsoleTab, openBrowser, openTab, signIn, soon, UNTRUSTED_HOST } from "../../support/browser.ts";
import { type DemoProcess, startDemoProcess } from "../../support/demo-process.ts";
import { type Listener, startListener } from "../../support/listener.ts";
import { describeWith } from "../../support/programs.ts";
import { presign } from "../../support/sign.ts";
import { documentOf, FORGE, FORMS, POWERLESS } from "./hostile-pages.ts";

/** What browsers run when it is opened by itself. */
const PAGES = [
  "text/html",
  "application/xhtml+xml",
  "image/svg+xml",
  "application/xml",
  "text/plain, text/html",
] as const;

describeWith(["chromium"], "attacks on a session of the console", () => {
  let demo: DemoProcess;
  let listener: Listener;
  let browser: Browser;
  let s3: S3Client;
  beforeAll(async () => {
    [demo, listener, browser] = await Promise.all([
      startDemoProcess(2, ["--set", "redirect.minBytes=0"]),
      startListener(),
      openBrowser(),
    ]);
    const credentials = { ...demo.key };
    s3 = new S3Client({ endpoint: demo.url, region: "us-east-1", forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: "evil" }));
    for (const [index, type] of PAGES.entries()) await put(keyOf(index), documentOf(type, listener.url), type);
    await put("harmless.txt", documentOf("text/html", listener.url), "text/plain");
  });
  afterAll(async () => {
    s3?.destroy();
    await browser.close();
    for (const opened of [listener, demo]) await opened[Symbol.asyncDispose]();
  });
  beforeEach(() => (listener.heard as string[]).splice(0));

  function put(Key: string, Body: string, ContentType: string) {
    return s3.send(new PutObjectCommand({ Bucket: "evil", Key, Body, ContentType }));
  }

  it("keeps the session from the scripts of objects that are previewed", async () => {
    await using tab = await signedIn();
    await tab.page.goto(`${demo.url}/-/#/buckets/evil/`);
    for (const [index, type] of PAGES.entries()) {
      const name = keyOf(index);
      await tab.page.getByRole("row", { name }).locator(".row-size").click();
      const details = tab.page.getByRole("complementary", { name: `Details of ${name}` });
      await details.getByRole("region", { name: "Copies" }).waitFor();
      await details.locator(".preview:not(:has(.loading))").waitFor();
      await tab.page.evaluate("document.querySelector('.preview img')?.decode().catch(() => {})");
      expect(await tab.page.locator("iframe, object, embed").count(), type).toBe(0);
      expect(listener.heard, type).toEqual([]);
    }
    expect(tab.complaints).toEqual([]);
  });

  // The redirect takes a browser to the node's own origin; without it the bytes come from the console's.
  for (const where of ["its node", "the gateway"] as const)
    it(`keeps the session from the scripts of objects that are opened from ${where}`, async () => {
      await using tab = await signedIn();
      for (const [index, type] of PAGES.entries()) {
        const url = urlOf(keyOf(index), where);
        const opened = tab.context.waitForEvent("page");
        await tab.page.evaluate(`window.open(${JSON.stringify(url)})`);
        const page = await opened;
        await expectPowerless(page, where, type);
        await page.close();
        // In the console's own tab, where sessionStorage is the session's.
        await tab.page.goto(url);
        await expectPowerless(tab.page, where, type);
        await tab.page.goBack();
        await tab.page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
      }
    });

  it("keeps the session from a text that a signed address calls a page", async () => {
    await using tab = await signedIn();
    const query = { "response-content-type": "text/html" };
    await tab.page.goto(presign({ endpoint: demo.url, ...demo.key }, { path: "/evil/harmless.txt", query }));
    await expectPowerless(tab.page, "its node", "text/plain");
  });

  it("shows itself in no other page", async () => {
    await using tab = await signedIn();
    await tab.page.goto(listener.serve("/frame", `<h1>bait</h1><iframe src="${demo.url}/-/#/buckets"></iframe>`));
    await tab.page.waitForLoadState("networkidle");
    await soon(() => tab.page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
    await soon(() => tab.complaints.join()).toContain("frame-ancestors 'none'");
  });

  it("changes nothing for a page of another origin", async () => {
    await using tab = await signedIn();
    const before = await standing();
    const other = await tab.context.newPage();
    const allowed: string[] = [];
    other.on("response", (response) => {
      for (const name of Object.keys(response.headers()))
        if (name.startsWith("access-control-") && response.url().startsWith(demo.url)) allowed.push(name);
    });
    await other.goto(listener.serve("/forge", FORGE.replaceAll("GATEWAY", demo.url)));
    await soon(() => listener.heard).toHaveLength(1);
    const outcomes = JSON.parse(listener.heard[0] ?? "[]") as string[];
    expect(outcomes.length).toBeGreaterThan(20);
    // A page may send such requests, and hears nothing of what came back.
    expect(new Set(outcomes)).toEqual(new Set(["opaque", "refused"]));
    for (const form of ["keys", "sessions", "bucket", "object"]) {
      const posting = await tab.context.newPage();
      await posting.goto(listener.serve("/forms", FORMS.replaceAll("GATEWAY", demo.url)));
      const answered = posting.waitForResponse((response) => response.url().startsWith(demo.url) && isForm(response));
      await posting.evaluate(`document.getElementById(${JSON.stringify(form)}).submit()`);
      expect([400, 401, 403, 404, 405, 411, 415, 501]).toContain((await answered).status());
    }
    expect(allowed).toEqual([]);
    expect(await standing()).toEqual(before);
    await tab.page.reload();
    await tab.page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
  });

  it("knows nobody under another name that leads to it", async () => {
    await using tab = await signedIn();
    expect(await tab.context.cookies()).toEqual([]);
    const rebound = await tab.context.newPage();
    await rebound.goto(`${demo.url.replace("127.0.0.1", UNTRUSTED_HOST)}/-/`);
    await rebound.getByLabel("Secret key").waitFor();
    const asked = `Promise.all(["/-/api/v1/keys", "/-/api/v1/me", "/evil", "/", "/-/status", "/-/metrics"].map(async (path) => (await fetch(path)).status))`;
    expect(await rebound.evaluate(asked)).toEqual([401, 401, 403, 403, 403, 403]);
    expect(await rebound.evaluate("sessionStorage.length")).toBe(0);
  });

  async function signedIn(): Promise<ConsoleTab> {
    const tab = await openTab(browser);
    await signIn(tab.page, demo.url, demo.key);
    return tab;
  }

  function urlOf(key: string, where: "its node" | "the gateway"): string {
    const query = where === "the gateway" ? { "x-nearbucket-redirect": "never" } : {};
    return presign({ endpoint: demo.url, ...demo.key }, { path: `/evil/${key}`, query });
  }

  /** The script ran, and had nothing. */
  async function expectPowerless(page: Page, where: "its node" | "the gateway", type: string): Promise<void> {
    await soon(() => listener.heard.length, type).toBeGreaterThan(0);
    await page.waitForURL(/^http/);
    expect(new URL(page.url()).origin === demo.url, type).toBe(where === "the gateway");
    const report = JSON.parse((listener.heard as string[]).splice(0)[0] ?? "{}") as Record<string, unknown>;
    expect(report, type).toEqual(POWERLESS);
  }

  /** All that a forged request could have made. */
  async function standing() {
    const call = apiClient({ url: demo.url, ...demo.key });
    const asked = ["/keys", "/accounts", "/buckets", "/backends"].map(async (path) => {
      const { document } = await call("GET", path);
      return document.items.map(({ accessKeyId, name, state }: Record<string, string>) => [accessKeyId, name, state]);
    });
    return Promise.all(asked);
  }
});

function keyOf(index: number): string {
  return `page-${index}`;
}

function isForm(response: Response): boolean {
  return response.request().method() === "POST" && response.request().isNavigationRequest();
}
