// Browsing ten thousand keys in the console, by wheel, keyboard and search, in a real browser.
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, signIn } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const KEYS = 10_000;
const AT_ONCE = 16;

describeWith(["chromium"], "browsing in the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "many" }));
    let next = 0;
    const put = async () => {
      while (next < KEYS) {
        const key = `all/${keyOf(next++)}`;
        const { status } = await gateway.fetch({ method: "PUT", path: `/many/${key}`, body: "one content" });
        if (status !== 200) throw new Error(`${key}: ${status}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, put));
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("scrolls through all of them with few rows in the page", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page.getByText("1,000 names so far").waitFor();
    const scroll = (to: number) => tab.page.evaluate(`document.querySelector(".virtual").scrollTo(0, ${to})`);
    for (;;) {
      await scroll(1e9);
      if (await tab.page.getByText("10,000 names", { exact: true }).isVisible()) break;
      expect(await tab.page.locator("[role=row]").count()).toBeLessThan(100);
    }
    await scroll(1e9);
    await tab.page.getByText(keyOf(KEYS - 1), { exact: true }).waitFor();
    await scroll(0);
    await tab.page.getByText(keyOf(0), { exact: true }).waitFor();
    expect(tab.complaints).toEqual([]);
  }, 120_000);

  it("opens a folder, and goes back by the browser", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "");
    await tab.page.getByRole("link", { name: "all", exact: true }).click();
    await tab.page.getByText(keyOf(0), { exact: true }).waitFor();
    await tab.page.goBack();
    await tab.page.getByText("1 name", { exact: true }).waitFor();
  });

  it("finds names by their beginning", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page.getByLabel("Name begins with").fill("key-0777");
    await tab.page.getByText("10 names", { exact: true }).waitFor();
    await tab.page.getByText("key-07770", { exact: true }).waitFor();
    await tab.page.getByLabel("Name begins with").fill("y-0777");
    await tab.page.getByText("No name here begins so").waitFor();
  });

  it("selects by keyboard alone", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page.getByText(keyOf(0), { exact: true }).waitFor();
    await tab.page.locator(".virtual").focus();
    for (const key of ["ArrowDown", "ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown"])
      await tab.page.keyboard.press(key);
    await tab.page.getByText("3 selected").waitFor();
    expect(await chosen(tab.page)).toEqual([keyOf(1), keyOf(2), keyOf(3)]);
    for (const key of ["Control+ArrowDown", "Control+ArrowDown", " "]) await tab.page.keyboard.press(key);
    expect(await chosen(tab.page)).toEqual([keyOf(1), keyOf(2), keyOf(3), keyOf(5)]);
    await tab.page.keyboard.press("Control+a");
    await tab.page.getByText("1,000 selected").waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.getByRole("button", { name: "New folder" }).waitFor();
  });

  it("downloads several, one after another", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page.getByLabel(`Select ${keyOf(0)}`).click();
    await tab.page.getByLabel(`Select ${keyOf(1)}`).click();
    const names: string[] = [];
    const both = new Promise<void>((resolve) =>
      tab.page.on("download", (download) => {
        names.push(download.suggestedFilename());
        if (names.length === 2) resolve();
      }),
    );
    await tab.page.getByRole("button", { name: "Download" }).click();
    await both;
    expect(names).toEqual([keyOf(0), keyOf(1)]);
  });

  async function open(page: Page, prefix: string): Promise<void> {
    await signIn(page, gateway.url, gateway);
    await page.goto(`${gateway.url}/-/#/buckets/many/${prefix}`);
    await page.locator("[role=row]").first().waitFor();
  }
});

function chosen(page: Page): Promise<string[]> {
  return page.locator("[role=row][aria-selected=true] .row-name").allInnerTexts();
}

function keyOf(index: number): string {
  return `key-${String(index).padStart(5, "0")}`;
}
