// What is done with objects in the console, in a real browser on a real gateway. Needs `npm run build`.
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openConsole, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";
import { startS3Proxy } from "../../support/s3-proxy.ts";

const Bucket = "photos";

describeWith(["chromium"], "objects in the console", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  async function startWith(objects: Readonly<Record<string, string>>): Promise<TestGateway> {
    const gateway = await startTestGateway();
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    for (const [Key, Body] of Object.entries(objects))
      await gateway.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    return gateway;
  }

  function many(prefix: string, count: number): Readonly<Record<string, string>> {
    const names = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);
    return Object.fromEntries(names.map((name) => [name, name]));
  }

  async function keys({ s3 }: TestGateway): Promise<string[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = "" }) => Key);
  }

  async function read({ s3 }: TestGateway, Key: string): Promise<string | undefined> {
    return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  }

  /** Chooses rows, and then what to do with them. */
  async function choose(page: Page, names: readonly string[], action: string): Promise<void> {
    for (const name of names) await page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).click();
    await page.getByRole("group", { name: "Selection" }).getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: action }).click();
  }

  const open = ({ url, ...key }: TestGateway, prefix = "") =>
    openConsole(browser, url, key, `#/buckets/${Bucket}/${prefix}`);
  const close = (page: Page) => page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();

  it("moves a folder of many with what it holds, byte for byte", async () => {
    const objects = many("trips/day 1/", 130);
    await using gateway = await startWith({ ...objects, "trips/": "", other: "stays" });
    await gateway.s3.send(
      new PutObjectCommand({ Bucket, Key: "trips/ä+%.txt", Body: "x", Tagging: "a=b", Metadata: { by: "me" } }),
    );
    const page = await open(gateway);
    await choose(page, ["trips/"], "Move");
    await page.getByLabel("Into the folder").fill("trips/inside");
    await page.getByText("A folder cannot go into itself.").waitFor();
    await page.getByLabel("Into the folder").fill("2026/old");
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.getByText("132 objects moved.").waitFor({ timeout: 60_000 });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const expected = [...Object.keys(objects), "trips/", "trips/ä+%.txt"].map((key) => `2026/old/${key}`);
    expect((await keys(gateway)).sort()).toEqual([...expected, "other"].sort());
    expect(await read(gateway, "2026/old/trips/day 1/0099")).toBe("trips/day 1/0099");
    const moved = { Bucket, Key: "2026/old/trips/ä+%.txt" };
    expect((await gateway.s3.send(new HeadObjectCommand(moved))).Metadata).toEqual({ by: "me" });
    expect((await gateway.s3.send(new GetObjectTaggingCommand(moved))).TagSet).toEqual([{ Key: "a", Value: "b" }]);
    await page.getByRole("link", { name: "2026" }).waitFor();
  });

  it("leaves where it is what could not be copied, and overwrites nothing", async () => {
    await using gateway = await startWith({ "a/1": "one", "a/2": "two", "b/a/2": "other", "a/3": "three" });
    await using proxy = await startS3Proxy(gateway.url);
    proxy.script({ method: "PUT", key: "b/a/3" }, { do: "status", status: 500 });
    const page = await openConsole(browser, proxy.url, gateway, `#/buckets/${Bucket}/`);
    await choose(page, ["a/"], "Move");
    await page.getByLabel("Into the folder").fill("b");
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.getByText("1 object moved, 2 not.").waitFor();
    await page
      .getByLabel("What failed")
      .getByText(/There is an object called b\/a\/2/)
      .waitFor();
    await close(page);
    expect(await keys(gateway)).toEqual(["a/2", "a/3", "b/a/1", "b/a/2"]);
    expect([await read(gateway, "a/2"), await read(gateway, "b/a/2")]).toEqual(["two", "other"]);
  });

  it("stops in the middle with every object in one place", async () => {
    const objects = many("a/", 250);
    await using gateway = await startWith(objects);
    await using proxy = await startS3Proxy(gateway.url);
    const held = proxy.script({ method: "PUT", nth: 120 }, { do: "hold" });
    const page = await openConsole(browser, proxy.url, gateway, `#/buckets/${Bucket}/`);
    await choose(page, ["a/"], "Rename");
    await page.getByLabel("Name", { exact: true }).fill("b");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await held.met;
    await page.getByRole("button", { name: "Stop" }).click();
    held.release();
    await page.getByText(/renamed\. Stopped; the rest is as it was\./).waitFor();
    await close(page);
    const found = await keys(gateway);
    expect(found.map((key) => key.slice(2)).sort()).toEqual(Object.keys(objects).map((key) => key.slice(2)));
    const moved = found.filter((key) => key.startsWith("b/")).length;
    expect(moved).toBeGreaterThanOrEqual(100);
    expect(moved).toBeLessThan(250);
  });

  it("leaves an object that was written while it was copied", async () => {
    await using gateway = await startWith({ one: "before" });
    await using proxy = await startS3Proxy(gateway.url);
    const held = proxy.script({ method: "POST", query: "delete" }, { do: "hold" });
    const page = await openConsole(browser, proxy.url, gateway, `#/buckets/${Bucket}/`);
    await choose(page, ["one"], "Rename");
    await page.getByLabel("Name", { exact: true }).fill("two");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await held.met;
    await gateway.s3.send(new PutObjectCommand({ Bucket, Key: "one", Body: "after" }));
    held.release();
    await page
      .getByLabel("What failed")
      .getByText(/It was copied, and not deleted here/)
      .waitFor();
    expect([await read(gateway, "one"), await read(gateway, "two")]).toEqual(["after", "before"]);
  });

  it("tells what a deletion frees, asks for a word where it is many, and deletes", async () => {
    const bytes = "x".repeat(1024);
    await using gateway = await startWith({
      ...many("a/", 30),
      "a/same": bytes,
      "b/same": bytes,
      "b/other": bytes + bytes,
    });
    const page = await open(gateway);
    await choose(page, ["a/"], "Delete");
    await page.getByText(/^31 objects, 1\.1\d KiB, frees 180 B on /).waitFor();
    const button = page.getByRole("button", { name: "Delete", exact: true });
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel("Type delete to go on").fill("delete");
    await button.click();
    await page.getByText("31 objects deleted.").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await keys(gateway)).toEqual(["b/other", "b/same"]);
    await page.goto(`${gateway.url}/-/#/buckets/${Bucket}/b/`);
    await choose(page, ["other", "same"], "Delete");
    await page.getByText(/^2 objects, 3\.00 KiB, frees 3\.00 KiB on /).waitFor();
    await button.click();
    await page.getByText("2 objects deleted.").waitFor();
    expect(await keys(gateway)).toEqual([]);
  });

  it("deletes nothing before it is told to", async () => {
    await using gateway = await startWith({ one: "1" });
    const page = await open(gateway);
    await choose(page, ["one"], "Delete");
    await page.getByText(/^1 object, 1 B/).waitFor();
    // On a phone the toolbar's buttons show icons alone; a dialog's do not.
    await page.setViewportSize({ width: 390, height: 800 });
    const word = page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).locator("span");
    await soon(async () => (await word.boundingBox())?.width ?? 0).toBeGreaterThan(20);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await keys(gateway)).toEqual(["one"]);
  });

  it("shares an object by a link that needs no key, and ends", async () => {
    await using gateway = await startWith({ "a/ä & b.txt": "shared" });
    const page = await open(gateway, "a/");
    await choose(page, ["ä & b.txt"], "Share");
    await page.getByLabel("The link ends").selectOption("3600");
    await page.getByLabel("Save it as a file").check();
    await page.getByRole("button", { name: "Make the link" }).click();
    const link = await page.getByRole("group", { name: "Link", exact: true }).locator("pre").textContent();
    const answer = await fetch(link ?? "");
    expect([answer.status, await answer.text()]).toEqual([200, "shared"]);
    expect(answer.headers.get("content-disposition")).toContain("attachment");
    gateway.clock.advance(3_601_000);
    expect((await fetch(link ?? "")).status).toBe(403);
    await page.getByLabel("The link ends").selectOption("604800");
    await page.getByRole("group", { name: "Link", exact: true }).waitFor({ state: "detached" });
  });

  it("shows where the copies of an object stand and what else has its content", async () => {
    await using gateway = await startWith({ one: "same", two: "same" });
    const page = await open(gateway);
    await page.getByRole("row").filter({ hasText: "one" }).click();
    const copies = page.getByRole("region", { name: "Copies" });
    await copies.getByText("verified").first().waitFor();
    await soon(() => copies.getByText("verified").count()).toBe(2);
    await copies.getByText("0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5").waitFor();
    await copies.getByText("nothing: other names hold the same content").waitFor();
    await copies.getByText("2 names for this content").click();
    await copies.getByRole("link", { name: "photos/two" }).waitFor();
    await soon(() => copies.getByRole("link", { name: /^photos\// }).count()).toBe(2);
  });
});
