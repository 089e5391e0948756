// Browsing ten thousand keys in the console, by wheel, keyboard and search, in a real browser.
import { createHash } from "node:crypto";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiClient } from "../../support/api.ts";
import { beSignedIn, openBrowser, openTab, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const Bucket = "many";
const KEYS = 10_000;
/** Files in one claim. */
const AT_ONCE = 1_000;

describeWith(["chromium"], "browsing in the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    await fill(
      gateway,
      Array.from({ length: KEYS }, (_, index) => `all/${keyOf(index)}`),
    );
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("scrolls through all of them with few rows in the page", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page.getByText("1,000 names so far").waitFor();
    const scroll = (to: number) => tab.page.evaluate(`document.querySelector(".virtual").scrollTo(0, ${to})`);
    while (!(await tab.page.getByText("10,000 names", { exact: true }).isVisible())) await scroll(1e9);
    await scroll(1e9);
    await tab.page.getByText(keyOf(KEYS - 1), { exact: true }).waitFor();
    await scroll(0);
    await tab.page.getByText(keyOf(0), { exact: true }).waitFor();
    expect(await tab.page.evaluate(`(${MOST_ROWS})()`)).toBeLessThan(100);
    expect(tab.complaints).toEqual([]);
  });

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
    await soon(() => chosen(tab.page)).toEqual([keyOf(1), keyOf(2), keyOf(3)]);
    for (const key of ["Control+ArrowDown", "Control+ArrowDown", " "]) await tab.page.keyboard.press(key);
    await soon(() => chosen(tab.page)).toEqual([keyOf(1), keyOf(2), keyOf(3), keyOf(5)]);
    await tab.page.keyboard.press("Control+a");
    await tab.page.getByText("1,000 selected").waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.getByRole("button", { name: "New folder" }).waitFor();
  });

  it("chooses on a phone also where a finger lands beside the box", async () => {
    await using tab = await openTab(browser, { width: 390 });
    const { page } = tab;
    await open(page, "all/");
    const box = await page.getByLabel(`Select ${keyOf(2)}`).boundingBox();
    if (box === null) throw new Error("no box");
    for (const [x, y] of [
      [box.x - 10, box.y],
      [box.x + box.width + 4, box.y - 8 + 44],
    ] as const)
      await page.mouse.click(x, y);
    await soon(() => chosen(page)).toEqual([keyOf(2), keyOf(3)]);
    expect(await page.getByRole("complementary").count()).toBe(0);
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

  it("leaves room for the panel of uploads below the last name", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await open(page, "all/");
    await page.getByText("1,000 names so far").waitFor();
    await page.getByLabel("Name begins with").fill("key-009");
    await page.getByText("100 names", { exact: true }).waitFor();
    const file = { name: "sent.txt", mimeType: "text/plain", buffer: Buffer.from("sent") };
    await page.getByLabel("Files to upload").setInputFiles(file);
    const panel = page.getByRole("region", { name: "Uploads" });
    await panel.getByText("1 sent").waitFor();
    await page.locator(".virtual").focus();
    for (const way of ["by keyboard", "by scrolling"]) {
      if (way === "by keyboard") await page.keyboard.press("Control+End");
      else await page.evaluate(`document.querySelector(".virtual").scrollTo(0, 1e9)`);
      const last = page.getByRole("row", { name: keyOf(999) });
      await last.waitFor();
      const between = async () => {
        const [row, above] = [await last.boundingBox(), await panel.boundingBox()];
        return row === null || above === null ? Number.NaN : above.y - row.y - row.height;
      };
      await soon(between, way).toBeGreaterThanOrEqual(0);
    }
  });

  it("offers nothing to do in a bucket that is not there", async () => {
    await using tab = await openTab(browser);
    await beSignedIn(tab.page, gateway);
    await tab.page.goto(`${gateway.url}/-/#/buckets/nowhere/`);
    await tab.page.getByRole("alert").getByText("NoSuchBucket").waitFor();
    for (const name of ["New folder", "Upload"])
      await soon(() => tab.page.getByRole("button", { name }).count()).toBe(0);
  });

  it("offers once what can be done with the object that is looked at", async () => {
    await using tab = await openTab(browser);
    await open(tab.page, "all/");
    await tab.page
      .getByRole("row", { name: keyOf(0) })
      .locator(".row-size")
      .click();
    await tab.page.getByRole("complementary").getByRole("button", { name: "Download" }).waitFor();
    await soon(() => tab.page.getByRole("button", { name: "Download" }).count()).toBe(1);
  });

  async function open(page: Page, prefix: string): Promise<void> {
    await beSignedIn(page, gateway);
    await page.goto(`${gateway.url}/-/#/buckets/${Bucket}/${prefix}`);
    await page.locator("[role=row]").first().waitFor();
  }
});

/** One content under all of these keys. */
async function fill(gateway: TestGateway, keys: readonly string[]): Promise<void> {
  const [content, contentType] = ["one content", "text/plain"];
  await gateway.s3.send(new PutObjectCommand({ Bucket, Key: keys[0], Body: content, ContentType: contentType }));
  const sha256 = createHash("sha256").update(content).digest("hex");
  const files = keys.map((key) => ({ key, sha256, size: content.length, contentType }));
  const call = apiClient(gateway);
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const { document } = await call("POST", "/claims", {
      body: { bucket: Bucket, files: files.slice(from, from + AT_ONCE) },
    });
    for (const { key, outcome } of document.results) expect([key, outcome]).toEqual([key, "linked"]);
  }
}

/** The most rows that stand in the page while it is scrolled through, a screen a frame. */
const MOST_ROWS = `async () => {
  const list = document.querySelector(".virtual");
  let most = 0;
  for (let top = 0; top < 120 * list.clientHeight; top += list.clientHeight) {
    list.scrollTo(0, top);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    most = Math.max(most, document.querySelectorAll("[role=row]").length);
  }
  return most;
}`;

function chosen(page: Page): Promise<string[]> {
  return page.locator("[role=row][aria-selected=true] .row-name").allInnerTexts();
}

function keyOf(index: number): string {
  return `key-${String(index).padStart(5, "0")}`;
}
