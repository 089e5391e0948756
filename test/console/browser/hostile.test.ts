// Names, metadata and contents that want to be more than text, shown in the console by a real browser.
import { CreateBucketCommand, GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ConsoleTab, openBrowser, openTab, signIn, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";
import { presign } from "../../support/sign.ts";

const SCRIPT = "<script>parent.document.title = document.title = 'run'</script>";
const IMAGE_NAME = "<img src=x onerror=document.title='run'>";
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="document.title='run'">${SCRIPT}</svg>`;
const TURNED = "bill\u202Efdp.exe";
const UP = "dots/../up";

describeWith(["chromium"], "hostile content in the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "evil" }));
    await put("page.html", SCRIPT, { ContentType: "text/html" });
    await put("drawing.svg", SVG, { ContentType: "image/svg+xml" });
    await put(IMAGE_NAME, "x", { ContentType: "text/plain", Metadata: { note: IMAGE_NAME } });
    await put(TURNED, "x", { ContentType: "application/octet-stream" });
    await put(UP, "x", {});
    await put("notes.txt", "plain words", { ContentType: "text/plain; charset=utf-8" });
    await put("line\nbreak", "x", {});
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  function put(Key: string, Body: string, more: object) {
    return gateway.s3.send(new PutObjectCommand({ Bucket: "evil", Key, Body, ...more }));
  }

  it("shows names and metadata as text", async () => {
    await using tab = await openBucket();
    await details(tab.page, IMAGE_NAME);
    const metadata = tab.page.getByRole("region", { name: "Metadata" });
    await metadata.getByText(IMAGE_NAME, { exact: true }).waitFor();
    await untouched(tab);
  });

  it("writes out what turns letters around or breaks lines", async () => {
    await using tab = await openBucket();
    await tab.page.getByText("billU+202Efdp.exe").waitFor();
    await tab.page.getByText("lineU+000Abreak").waitFor();
  });

  it("shows a page as its source", async () => {
    await using tab = await openBucket();
    await details(tab.page, "page.html");
    await tab.page.locator(".preview pre", { hasText: SCRIPT }).waitFor();
    expect(await tab.page.locator("iframe, object, embed").count()).toBe(0);
    await untouched(tab);
  });

  it("draws an SVG and runs nothing of it", async () => {
    await using tab = await openBucket();
    await details(tab.page, "drawing.svg");
    const width = () => tab.page.evaluate("document.querySelector('.preview img')?.naturalWidth");
    await soon(width).toBe(40);
    await untouched(tab);
  });

  it("keeps an object that is opened in the console's tab away from the session", async () => {
    await using tab = await openBucket();
    const reading = `try { document.title = sessionStorage.length + " read" } catch { document.title = "refused" }`;
    await put("reads.html", `<script>${reading}</script>`, { ContentType: "text/html" });
    await tab.page.goto(presign({ endpoint: gateway.url, ...gateway }, { path: "/evil/reads.html" }));
    expect(await tab.page.title()).toBe("refused");
    await tab.page.goBack();
    await tab.page.locator("[role=row]").first().waitFor();
  });

  it("says why a browser cannot ask for a key with dots", async () => {
    await using tab = await openBucket();
    await tab.page.goto(`${gateway.url}/-/#/buckets/evil/dots/../`);
    await details(tab.page, "up");
    await tab.page.getByText("Browsers take such parts out of every address").waitFor();
    await untouched(tab);
  });

  it("changes tags and metadata, and keeps all else", async () => {
    await using tab = await openBucket();
    await details(tab.page, "notes.txt");
    await fill(tab.page, "Tags", "stage", "a/b = +c+");
    await fill(tab.page, "Metadata", "author", "Zoë <z@example.com>");
    const of = { Bucket: "evil", Key: "notes.txt" };
    const { TagSet } = await gateway.s3.send(new GetObjectTaggingCommand(of));
    expect(TagSet).toEqual([{ Key: "stage", Value: "a/b = +c+" }]);
    const head = await gateway.fetch({ method: "HEAD", path: "/evil/notes.txt" });
    expect(Buffer.from(String(head.headers["x-amz-meta-author"]), "latin1").toString()).toBe("Zoë <z@example.com>");
    const { ContentType } = await gateway.s3.send(new HeadObjectCommand(of));
    expect(ContentType).toBe("text/plain; charset=utf-8");
    await untouched(tab);
  });

  async function openBucket(): Promise<ConsoleTab> {
    const tab = await openTab(browser);
    await signIn(tab.page, gateway.url, gateway);
    await tab.page.goto(`${gateway.url}/-/#/buckets/evil`);
    await tab.page.locator("[role=row]").first().waitFor();
    return tab;
  }
});

async function details(page: Page, name: string): Promise<void> {
  await page.locator("[role=row]", { hasText: name }).locator(".row-size").click();
  await page.getByRole("complementary", { name: `Details of ${name}` }).waitFor();
}

async function fill(page: Page, title: string, name: string, value: string): Promise<void> {
  const part = page.getByRole("region", { name: title });
  await part.getByRole("button", { name: "Add" }).click();
  await part.getByLabel(`${title}: name 1`).fill(name);
  await part.getByLabel(`${title}: value 1`).fill(value);
  await part.getByRole("button", { name: "Save" }).click();
  await part.getByText(value, { exact: true }).waitFor();
}

/** Nothing of what was shown ran, and the content policy refused nothing. */
async function untouched({ page, complaints }: ConsoleTab): Promise<void> {
  await soon(() => page.title()).toMatch(/^evil\/.* · nearbucket$/);
  expect(complaints).toEqual([]);
}
