// Keys, folders, tags, metadata, content types and addresses that carry markup, scripts and letters that are not seen:
// all of them are letters to the console.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashOf } from "../../../src/console/routes.ts";
import { beSignedIn, type ConsoleTab, openBrowser, openTab, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const RUN = "window.ran=1";
const NAMES = [
  `<img src=x onerror=${RUN}>`,
  `"><svg onload=${RUN}>`,
  `' onmouseover='${RUN}`,
  `<!--<script>${RUN}<!--`,
  `javascript:${RUN}`,
  `data:text&html,<script>${RUN}<&script>`,
  `\${${RUN}}{{${RUN}}}&lt;b&gt;&#x3c;`,
  "\u202Egnp.exe",
  "a\u2066b\u2069\u200Fc",
  "zero\u200Bwidth\uFEFF",
  "tab\tbell\u0007delete\u007F",
  "new\nline\r\nSet-Cookie: a=b",
  "%00%0d%0a%2e%2e%2f?x=1#y",
  "back\\slash|pipe",
  "__proto__",
  "x".repeat(1000),
  "\u{1F600}".repeat(250),
] as const;
/** Those of a key that a folder has, too. */
const FOLDERS = NAMES.filter((name) => name.length < 500);
const VALUE = `"'><img src=x onerror=${RUN}>`;

describeWith(["chromium"], "hostile names in the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    for (const Bucket of ["names", "folders"]) await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    const more = { Metadata: { note: VALUE }, Tagging: "note=plain", ContentType: `text/plain; a="${VALUE}"` };
    for (const Key of NAMES) await put("names", Key, more);
    for (const name of FOLDERS) await put("folders", `${name}/inside`, {});
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  function put(Bucket: string, Key: string, more: object) {
    return gateway.s3.send(new PutObjectCommand({ Bucket, Key, Body: `<script>${RUN}</script>`, ...more }));
  }

  it("lists them all, each in its row and no wider than the list", async () => {
    await using tab = await openAt("names");
    await tab.page.getByText(`${NAMES.length} names`, { exact: true }).waitFor();
    const titles = "[...document.querySelectorAll('[role=row] .row-name')].map((cell) => cell.title)";
    await soon(() => tab.page.evaluate(titles)).toEqual([...NAMES].sort(byUtf8));
    expect(await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await untouched(tab);
  });

  // All in one tab: whatever ran would be seen by each that follows.
  it("shows the details of each", async () => {
    await using tab = await openAt("names");
    const details = tab.page.getByRole("complementary");
    const title = details.getByRole("heading", { level: 2 });
    for (const [index, name] of [...NAMES].sort(byUtf8).entries()) {
      await tab.page.locator(`[aria-rowindex="${index + 1}"] .row-size`).click();
      await soon(() => title.getAttribute("title")).toBe(name);
      await details.getByText(VALUE, { exact: true }).waitFor();
      await details.getByRole("region", { name: "Copies" }).waitFor();
      await details.locator("pre", { hasText: RUN }).waitFor();
      expect(await details.locator("img, iframe, script").count(), name).toBe(0);
      expect(await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name).toBe(true);
      await untouched(tab, name);
    }
  });

  it("opens each as a folder", async () => {
    await using tab = await openAt("folders");
    for (const [index, name] of [...FOLDERS].sort((a, b) => byUtf8(`${a}/`, `${b}/`)).entries()) {
      await tab.page.locator(`[aria-rowindex="${index + 1}"] a`).click();
      await tab.page.getByText("inside", { exact: true }).waitFor();
      await soon(() => tab.page.url()).toBe(
        `${gateway.url}/-/${hashOf({ screen: "browse", bucket: "folders", prefix: `${name}/` })}`,
      );
      await untouched(tab, name);
      await tab.page.goBack();
      await tab.page.getByText(`${FOLDERS.length} names`, { exact: true }).waitFor();
    }
  });

  it("says of an address that names no bucket what the gateway says", async () => {
    await using tab = await openAt("names");
    for (const odd of [NAMES[0], NAMES[1], NAMES[4], "..", "-", "%"]) {
      await tab.page.goto(`${gateway.url}/-/#/buckets/${encodeURIComponent(odd)}/`);
      await tab.page
        .getByRole("region", { name: `Bucket ${odd}`, exact: true })
        .getByRole("alert")
        .waitFor();
      await untouched(tab, odd);
    }
  });

  it("keeps letters that are not seen out of the name of a download", async () => {
    await using tab = await openAt("names");
    const saved = tab.page.waitForEvent("download");
    const index = [...NAMES].sort(byUtf8).indexOf("\u202Egnp.exe");
    await tab.page.locator(`[aria-rowindex="${index + 1}"] .row-size`).click();
    await tab.page.getByRole("complementary").getByRole("button", { name: "Download" }).click();
    expect((await saved).suggestedFilename()).not.toContain("\u202E");
  });

  async function openAt(bucket: string): Promise<ConsoleTab> {
    const tab = await openTab(browser);
    await beSignedIn(tab.page, gateway);
    await tab.page.goto(`${gateway.url}/-/#/buckets/${bucket}/`);
    await tab.page.locator("[role=row]").first().waitFor();
    return tab;
  }
});

/** As S3 orders keys. */
function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Nothing of what was shown ran, and the content policy refused nothing. */
async function untouched({ page, complaints }: ConsoleTab, name = ""): Promise<void> {
  expect(await page.evaluate("window.ran"), name).toBeUndefined();
  expect(complaints, name).toEqual([]);
}
