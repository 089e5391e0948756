// The console of the demo, a process of its own: from its printed link to a file in two regions.
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiClient } from "../../support/api.ts";
import { openBrowser, openTab, signIn, soon } from "../../support/browser.ts";
import { type DemoProcess, startDemoProcess } from "../../support/demo-process.ts";
import { describeWith } from "../../support/programs.ts";
import { signedFetch } from "../../support/sign.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describeWith(["chromium"], "the console of the demo", () => {
  let demo: DemoProcess;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemoProcess(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await demo[Symbol.asyncDispose]();
  });

  it("signs in by the printed link, which stays nowhere and works once", async () => {
    await using tab = await openTab(browser);
    await tab.page.goto(demo.link);
    await buckets(tab.page);
    const token = demo.link.split("=")[1] ?? "";
    await soon(() => tab.page.url()).toBe(`${demo.url}/-/`);
    expect(await remembered(tab.page)).not.toContain(token);
    await tab.page.getByRole("link", { name: "demo", exact: true }).click();
    await tab.page.getByRole("button", { name: "Upload" }).waitFor();
    await tab.page.goBack();
    await buckets(tab.page);
    await soon(() => tab.page.url()).toBe(`${demo.url}/-/`);
    await using second = await openTab(browser);
    await second.page.goto(demo.link);
    await second.page.getByText("This sign-in link was used before").waitFor();
    await second.page.getByLabel("Access key").waitFor();
    expect(await second.page.evaluate("sessionStorage.length")).toBe(0);
    expect([...tab.complaints, ...second.complaints]).toEqual([]);
  });

  it("lets one of two in who open a link at the same moment", async () => {
    const link = await freshLink();
    await using first = await openTab(browser);
    await using second = await openTab(browser);
    const outcomes = [first, second].map(async ({ page }) => {
      await page.goto(link);
      const isIn = page.getByRole("heading", { name: "Buckets", exact: true });
      const isOut = page.getByText("This sign-in link was used before");
      await isIn.or(isOut).waitFor();
      return (await isIn.isVisible()) ? "in" : "out";
    });
    expect((await Promise.all(outcomes)).sort()).toEqual(["in", "out"]);
  });

  it("says what is wrong with a key, and takes the right one after it", async () => {
    await using tab = await openTab(browser);
    await tab.page.goto(`${demo.url}/-/`);
    await tab.page.getByLabel("Access key").fill(demo.key.accessKeyId);
    await tab.page.getByLabel("Secret key").fill("mistyped");
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.page.getByText("The secret key does not belong to this access key.").waitFor();
    await tab.page.getByLabel("Secret key").fill(` ${demo.key.secretAccessKey} `);
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await buckets(tab.page);
    expect(tab.complaints).toEqual([]);
  });

  it("ends the session's key everywhere by signing out", async () => {
    await using tab = await openTab(browser);
    await signIn(tab.page, demo.url, demo.key);
    const session = JSON.parse(await tab.page.evaluate("sessionStorage.getItem('nearbucket-session')"));
    const asSession = signedFetch({ endpoint: demo.url, ...session });
    expect((await asSession({ path: "/demo" })).status).toBe(200);
    await tab.page.getByRole("button", { name: "Account" }).click();
    await tab.page.getByRole("menuitem", { name: "Sign out" }).click();
    await tab.page.getByLabel("Secret key").waitFor();
    const refused = await asSession({ path: "/demo" });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("<Code>InvalidAccessKeyId</Code>")]);
    expect(await tab.page.evaluate("sessionStorage.length")).toBe(0);
    // Signing out ends that session, not the key that opened it.
    expect((await signedFetch({ endpoint: demo.url, ...demo.key })({ path: "/demo" })).status).toBe(200);
  });

  it("goes from the link to a file in two regions, and back to the same bytes, in five clicks", async () => {
    const bytes = randomBytes(300_000);
    const path = join(await temporaryDirectory(), "my file.bin");
    await writeFile(path, bytes);
    await using tab = await openTab(browser);
    const { page } = tab;
    let clicks = 0;
    const click = (what: Locator) => {
      clicks += 1;
      return what.click();
    };
    await page.goto(await freshLink());
    await click(page.getByRole("link", { name: "demo", exact: true }));
    await click(page.getByRole("button", { name: "Upload" }));
    const asked = page.waitForEvent("filechooser");
    await click(page.getByRole("menuitem", { name: /^Files/ }));
    await (await asked).setFiles(path);
    const row = page.getByRole("row", { name: "my file.bin" });
    await click(row.locator(".row-size"));
    const copies = page.getByRole("region", { name: "Copies" });
    await copies.getByText("verified").nth(1).waitFor();
    await soon(() => copies.getByRole("listitem").count()).toBe(2);
    const saved = page.waitForEvent("download");
    await click(page.getByRole("complementary").getByRole("button", { name: "Download" }));
    const download = await saved;
    expect(download.suggestedFilename()).toBe("my file.bin");
    expect((await readFile(await download.path())).equals(bytes)).toBe(true);
    expect(clicks).toBeLessThanOrEqual(5);
    const { document } = await apiClient({ url: demo.url, ...demo.key }, demo.key)("GET", "/objects", {
      query: { bucket: "demo", key: "my file.bin" },
    });
    const regions = document.replicas.map(({ region }: { region: string }) => region);
    expect(new Set(regions).size).toBe(2);
    for (const region of regions) await copies.getByText(region, { exact: true }).first().waitFor();
    expect(tab.complaints).toEqual([]);
  });

  async function freshLink(): Promise<string> {
    const { document } = await apiClient({ url: demo.url, ...demo.key })("POST", "/sign-in-links");
    return demo.url + document.path;
  }
});

function buckets(page: Page): Promise<void> {
  return page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
}

/** What stays of a tab: the addresses in its history, what is stored, and what the page itself holds. */
async function remembered(page: Page): Promise<string> {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  await devtools.detach();
  const stored = await page.evaluate(
    "JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, document.documentElement.outerHTML])",
  );
  return JSON.stringify(entries.map(({ url }) => url)) + stored;
}
