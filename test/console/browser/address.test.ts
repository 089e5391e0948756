// The object that is open is a part of the address: reloading, Back, Forward and a copied link lead to it, whatever its
// name is made of.
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashOf } from "../../../src/console/routes.ts";
import { beSignedIn, type ConsoleTab, openBrowser, openTab, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const Bucket = "photos";
const PLAIN = ["a.txt", "b.txt", "c.txt", "d/inside"];
const HOSTILE = [
  "%2F%3Fobject=x",
  "100% & more",
  "a?object=b#c",
  "a b",
  "#sign-in=x",
  "e\u0301 \u{1F600} \u{FB01}",
  "new\nline",
  "?",
  "\u202Egnp.exe",
];

describeWith(["chromium"], "the address of an open object", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    for (const name of PLAIN) await put(`plain/${name}`);
    for (const name of HOSTILE) await put(`${name}//${name}`);
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it.each(HOSTILE)("leads to it again: %j", async (name) => {
    const prefix = `${name}//`;
    const object = prefix + name;
    const [folder, there] = [hashOf(at(prefix)), hashOf({ ...at(prefix), object })];
    await using tab = await openAt(folder);
    const { page } = tab;
    await rowOf(page, name).click();
    await shows(page, object);
    await soon(() => hashIn(page)).toBe(there);
    await page.reload();
    await shows(page, object);
    await soon(() => page.locator("[aria-selected=true] .row-name").getAttribute("title")).toBe(name);
    await page.goBack();
    await shows(page, undefined);
    await soon(() => hashIn(page)).toBe(folder);
    await rowOf(page, name).waitFor();
    await page.goForward();
    await shows(page, object);
    await page.goto(`${gateway.url}/-/#/buckets`);
    await page.goto(`${gateway.url}/-/${there}`);
    await shows(page, object);
    expect(tab.complaints).toEqual([]);
  });

  it("goes back where it is closed by its button, on a phone", async () => {
    await using tab = await openAt("#/buckets/photos/plain/", 390);
    const { page } = tab;
    await rowOf(page, "a.txt").click();
    await shows(page, "plain/a.txt");
    const steps = await stepsOf(page);
    for (let turn = 0; turn < 3; turn += 1) {
      await page.getByRole("button", { name: "Close the details" }).click();
      await shows(page, undefined);
      // Closing goes back in the history, which takes a moment: before it there is nothing to go forward to.
      await soon(() => hashIn(page)).toBe("#/buckets/photos/plain/");
      await page.goForward();
      await shows(page, "plain/a.txt");
    }
    await page.reload();
    await shows(page, "plain/a.txt");
    await page.getByRole("button", { name: "Close the details" }).click();
    await shows(page, undefined);
    await soon(() => hashIn(page)).toBe("#/buckets/photos/plain/");
    await rowOf(page, "b.txt").click();
    await shows(page, "plain/b.txt");
    expect(await stepsOf(page)).toBe(steps);
  });

  it("stays in the console where a link led straight to it", async () => {
    await using tab = await openAt("#/buckets/photos/plain/?object=a.txt");
    const { page } = tab;
    await shows(page, "plain/a.txt");
    const steps = await stepsOf(page);
    await page.getByRole("button", { name: "Close the details" }).click();
    await shows(page, undefined);
    await rowOf(page, "a.txt").waitFor();
    await soon(() => hashIn(page)).toBe("#/buckets/photos/plain/");
    expect(await stepsOf(page)).toBe(steps);
  });

  it("is one step, however many are looked at by keyboard", async () => {
    await using tab = await openAt("#/buckets/photos/plain/");
    const { page } = tab;
    await page.locator(".virtual").focus();
    const steps = await stepsOf(page);
    // The last row is a folder, which has no details: they close there, and open again.
    for (const key of ["Home", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"])
      await page.keyboard.press(key);
    await shows(page, "plain/b.txt");
    await soon(() => hashIn(page)).toBe(hashOf({ ...at("plain/"), object: "plain/b.txt" }));
    expect(await stepsOf(page)).toBe(steps + 1);
    await page.goBack();
    await shows(page, undefined);
    await page.getByRole("button", { name: "New folder" }).waitFor();
  });

  it("says so where nothing of that name is, and closes when the object goes", async () => {
    await using tab = await openAt("#/buckets/photos/plain/?object=none.txt");
    const { page } = tab;
    const details = page.getByRole("complementary");
    await details.getByRole("alert").getByText("There is no object of this name.").waitFor();
    await put("plain/none.txt");
    await details.getByRole("button", { name: "Try again" }).click();
    await shows(page, "plain/none.txt");
    await gateway.s3.send(new DeleteObjectCommand({ Bucket, Key: "plain/none.txt" }));
    await page.getByRole("button", { name: "Load again" }).click();
    await shows(page, undefined);
  });

  it("leads to what the listing does not have as an object, and to a key that browsers cannot ask for", async () => {
    await put("deep/folder//");
    await using tab = await openAt("#/buckets/photos/?object=deep/folder//");
    await shows(tab.page, "deep/folder//");
    await put("deep/../up");
    await tab.page.goto(`${gateway.url}/-/#/buckets/photos/deep/?object=../up`);
    await tab.page.getByRole("complementary").getByText("This key has").waitFor();
  });

  function put(Key: string) {
    return gateway.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ContentType: "text/plain" }));
  }

  async function openAt(hash: string, width = 1280): Promise<ConsoleTab> {
    const tab = await openTab(browser, { width });
    await beSignedIn(tab.page, gateway);
    await tab.page.goto(`${gateway.url}/-/${hash}`);
    await tab.page.locator("[role=row]").first().waitFor();
    return tab;
  }
});

function rowOf(page: Page, name: string) {
  return page.locator(`.row-name[title=${JSON.stringify(name).replaceAll("\\n", "\\a ")}]`);
}

/** The details of this object, and of no other; undefined: none. */
async function shows(page: Page, object: string | undefined): Promise<void> {
  const details = page.getByRole("complementary");
  if (object === undefined) return details.waitFor({ state: "detached" });
  const title = details.getByRole("heading", { level: 2 });
  await soon(() => title.getAttribute("title")).toBe(object);
  await details.getByRole("region", { name: "Copies" }).waitFor();
}

function at(prefix: string) {
  return { screen: "browse", bucket: Bucket, prefix } as const;
}

function hashIn(page: Page): string {
  return new URL(page.url()).hash;
}

function stepsOf(page: Page): Promise<number> {
  return page.evaluate("history.length");
}
