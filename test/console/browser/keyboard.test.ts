// The console without a mouse: the whole way through, and where the focus is after each step.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, signIn, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

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
    await focusIs(page, "Access key");
    await type(gateway.accessKeyId);
    await press(page, "Tab");
    await focusIs(page, "Secret key");
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
    await focusIs(page, "Objects of aaa");
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
    await focusIs(page, "Objects of aaa");
    await soon(() => page.title()).toBe("aaa/folder/ · nearbucket");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const details = page.getByRole("complementary", { name: "Details of inside.txt" });
    await details.waitFor();
    await soon(() => page.title()).toBe("aaa/folder/inside.txt · nearbucket");
    await page.goBack();
    await details.waitFor({ state: "detached" });
    await focusIs(page, "Objects of aaa");
    await page.goBack();
    await page.getByRole("row", { name: "one.txt" }).waitFor();
    await focusIs(page, "Objects of aaa");
  });

  it("acts on no row of the folder before while the one that was opened is not there", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await page.addInitScript(LATE_FRAMES);
    await signIn(page, gateway.url, gateway);
    await page.goto(`${gateway.url}/-/#/buckets/aaa/`);
    await page.getByRole("row", { name: "one.txt" }).waitFor();
    const list = page.locator(".virtual");
    await list.press("Home");
    await soon(() => list.getAttribute("aria-activedescendant")).not.toBeNull();
    await list.press("Enter");
    await soon(() => page.url()).toMatch(/folder/);
    await page.keyboard.press("ArrowDown");
    await page.getByRole("row", { name: "inside.txt" }).waitFor();
    // The row of the folder that was opened, where it was there already.
    expect(new URL(page.url()).hash).toMatch(/^#\/buckets\/aaa\/folder\/(\?object=inside\.txt.*)?$/);
  });

  it("opens menus that say so, and moves in them", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    const opener = page.getByRole("button", { name: "Account" });
    await soon(() => opener.getAttribute("aria-haspopup")).toBe("menu");
    await tabTo(page, "Account");
    await page.keyboard.press("Enter");
    await page.getByRole("menu", { name: "Account" }).waitFor();
    await soon(() => opener.getAttribute("aria-expanded")).toBe("true");
    await focusIs(page, /^Theme/);
    await press(page, "End");
    await focusIs(page, "Sign out");
    await press(page, "Home");
    await focusIs(page, /^Theme/);
    await press(page, "Escape");
    await soon(() => opener.getAttribute("aria-expanded")).toBe("false");
  });

  it("gives the focus back to the button that opened a dialog", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    for (const close of ["Escape", "Cancel"]) {
      await tabTo(page, "New bucket");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await focusIs(page, "Name");
      await leave(page, close);
      await focusIs(page, "New bucket");
      await tabTo(page, "For aaa");
      await page.keyboard.press("Enter");
      await page.getByRole("menu").waitFor();
      await press(page, "ArrowDown");
      await focusIs(page, "Delete …");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Delete aaa?" }).waitFor();
      await leave(page, close);
      await focusIs(page, "For aaa");
    }
    await page.keyboard.press("Enter");
    await page.getByRole("menu").waitFor();
    await press(page, "Escape");
    await focusIs(page, "For aaa");
  });

  it("keeps the focus in the page when what it was on is deleted", async () => {
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "bbb" }));
    await using tab = await openTab(browser);
    const { page } = tab;
    await signIn(page, gateway.url, gateway);
    await tabTo(page, "For bbb");
    await page.keyboard.press("Enter");
    await page.getByRole("menu").waitFor();
    await press(page, "ArrowDown");
    await focusIs(page, "Delete …");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Delete the bucket");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "bbb" }).waitFor({ state: "detached" });
    await soon(() => focused(page)).not.toBe("");
  });

  it("leaves the focus in the field that is typed in", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await page.goto(`${gateway.url}/-/`);
    await focusIs(page, "Access key");
    // First the second field, as from a password store.
    await press(page, "Tab");
    await focusIs(page, "Secret key");
    await page.keyboard.type("secret");
    await focusIs(page, "Secret key");
    await soon(() => page.getByLabel("Secret key").inputValue()).toBe("secret");
  });
});

/** What a page does after it was drawn comes a second later, as on a machine with other work. */
const LATE_FRAMES = `{
  const later = setTimeout;
  window.requestAnimationFrame = (then) => later(() => then(performance.now()), 1000);
  window.setTimeout = (then, ms = 0, ...rest) => later(then, ms < 100 ? 1000 : ms, ...rest);
}`;

/** As the text of a function in the page: what an element is called. */
const CALLED = `(one) => one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent.trim()`;

/** What the focused element is called; empty: nothing has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const { activeElement: at, body } = document;
    return at === null || at === body ? "" : (${CALLED})(at);
  })()`);
}

async function focusIs(page: Page, name: string | RegExp): Promise<void> {
  await soon(() => focused(page)).toEqual(typeof name === "string" ? name : expect.stringMatching(name));
}

/** Once something of this name is there, moves on with Tab until it has the focus, which is seen on each stop. */
async function tabTo(page: Page, name: string): Promise<void> {
  const stops = `[...document.querySelectorAll("a, button, input, [tabindex]")].map(${CALLED})`;
  await soon(() => page.evaluate<string[]>(stops)).toContain(name);
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
  await soon(() => page.evaluate(isSeen)).toBe(true);
}

async function leave(page: Page, how: string): Promise<void> {
  if (how === "Escape") await page.keyboard.press("Escape");
  else {
    await tabTo(page, how);
    await page.keyboard.press("Enter");
  }
  await page.getByRole("dialog").waitFor({ state: "detached" });
}
