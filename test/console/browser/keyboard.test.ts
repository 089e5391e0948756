// The console without a mouse: the whole way through, and where the focus is after each step.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openBrowser, openTab, signIn } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const SETTLED = { timeout: 60_000, interval: 20 };

describeWith(["chromium"], "the console by keyboard", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "aaa" }));
    for (const Key of ["folder/inside.txt", "one.txt", "two.txt"])
      await gateway.s3.send(new PutObjectCommand({ Bucket: "aaa", Key, Body: Key, ContentType: "text/plain" }));
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("signs in, opens a bucket, an object's details, and closes them", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    const type = (text: string) => page.keyboard.type(text);
    await page.goto(`${gateway.url}/-/`);
    await page.getByLabel("Access key").waitFor();
    expect(await focused(page)).toBe("Access key");
    await type(gateway.accessKeyId);
    await press(page, "Tab");
    await type(gateway.secretAccessKey);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
    await tabTo(page, "aaa");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: "one.txt" }).waitFor();
    await tabTo(page, "Objects of aaa");
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    const details = page.getByRole("complementary", { name: "Details of one.txt" });
    await details.getByRole("region", { name: "Attributes" }).waitFor();
    await tabTo(page, "Close the details");
    await page.keyboard.press("Enter");
    await details.waitFor({ state: "detached" });
    // Not on the page's ground, from where Tab begins at the top.
    expect(await focused(page)).toBe("Objects of aaa");
    expect(tab.complaints).toEqual([]);
  });

  it("keeps the focus in the list when a folder is opened there, and goes back", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    await tabTo(page, "aaa");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: "one.txt" }).waitFor();
    await tabTo(page, "Objects of aaa");
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: "inside.txt" }).waitFor();
    await vi.waitFor(async () => expect(await focused(page)).toBe("Objects of aaa"), SETTLED);
    expect(await page.title()).toBe("aaa/folder/ · nearbucket");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const details = page.getByRole("complementary", { name: "Details of inside.txt" });
    await details.waitFor();
    expect(await page.title()).toBe("aaa/folder/inside.txt · nearbucket");
    await page.goBack();
    await details.waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Objects of aaa");
    await page.goBack();
    await page.getByRole("row", { name: "one.txt" }).waitFor();
    await vi.waitFor(async () => expect(await focused(page)).toBe("Objects of aaa"), SETTLED);
  });

  it("opens menus that say so, and moves in them", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    const opener = page.getByRole("button", { name: "Account" });
    expect(await opener.getAttribute("aria-haspopup")).toBe("menu");
    await tabTo(page, "Account");
    await page.keyboard.press("Enter");
    await page.getByRole("menu", { name: "Account" }).waitFor();
    expect(await opener.getAttribute("aria-expanded")).toBe("true");
    await press(page, "End");
    expect(await focused(page)).toBe("Sign out");
    await press(page, "Home");
    expect(await focused(page)).toMatch(/^Theme/);
    await press(page, "Escape");
    expect(await opener.getAttribute("aria-expanded")).toBe("false");
  });

  it("gives the focus back to the button that opened a dialog", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    await page.getByRole("link", { name: "aaa" }).waitFor();
    for (const close of ["Escape", "Cancel"]) {
      await tabTo(page, "New bucket");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      expect(await focused(page)).toBe("Name");
      await leave(page, close);
      expect(await focused(page)).toBe("New bucket");
      await tabTo(page, "For aaa");
      await page.keyboard.press("Enter");
      await press(page, "ArrowDown");
      expect(await focused(page)).toBe("Delete …");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Delete aaa?" }).waitFor();
      await leave(page, close);
      expect(await focused(page)).toBe("For aaa");
    }
    await page.keyboard.press("Enter");
    await page.getByRole("menu").waitFor();
    await press(page, "Escape");
    expect(await focused(page)).toBe("For aaa");
  });

  it("keeps the focus in the page when what it was on is deleted", async () => {
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "bbb" }));
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    await tabTo(page, "For bbb");
    await page.keyboard.press("Enter");
    await press(page, "ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Delete the bucket");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "bbb" }).waitFor({ state: "detached" });
    expect(await focused(page)).not.toBe("");
  });
});

/** What the focused element is called; empty: nothing has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const { activeElement: at, body } = document;
    if (at === null || at === body) return "";
    return at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent.trim();
  })()`);
}

/** Moves on with Tab until something of this name has the focus, and sees it on each stop. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let stops = 0; stops < 30; stops += 1) {
    await press(page, "Tab");
    const now = await focused(page);
    if (now === name) return;
    passed.push(now);
  }
  throw new Error(`no ${name} among ${passed.join(", ")}`);
}

/** After it the focus can be seen: nothing is focused without an outline. */
async function press(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key);
  const isSeen = `(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return true;
    // A field's frame may show it for the field.
    const outlined = [at, at.parentElement].map((one) => getComputedStyle(one));
    return outlined.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || at.outerHTML;
  })()`;
  expect(await page.evaluate(isSeen)).toBe(true);
}

async function leave(page: Page, how: string): Promise<void> {
  if (how === "Escape") await page.keyboard.press("Escape");
  else {
    await tabTo(page, how);
    await page.keyboard.press("Enter");
  }
  await page.getByRole("dialog").waitFor({ state: "detached" });
}
