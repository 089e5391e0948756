// What a limited access key is shown in the console, in a real browser.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, signIn, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

const Bucket = "shared";

describeWith(["chromium"], "limited access keys in the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket }));
    for (const Key of ["mine/one.txt", "other/two.txt"])
      await gateway.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ContentType: "text/plain" }));
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("leads a key that reaches one folder from its bucket to that folder", async () => {
    await using tab = await signedIn({ places: [{ bucket: Bucket, prefix: "mine/" }] });
    await tab.page.getByRole("link", { name: Bucket }).click();
    await tab.page.getByText("Your access key does not reach here").waitFor();
    await soon(() => tab.page.getByRole("button", { name: "Upload" }).count()).toBe(0);
    await tab.page.getByRole("link", { name: "mine/" }).click();
    await tab.page.getByText("one.txt", { exact: true }).waitFor();
    await tab.page.getByRole("button", { name: "Upload" }).waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it("offers a key that may only read nothing that would change something", async () => {
    await using tab = await signedIn({ readOnly: true });
    await tab.page.getByRole("button", { name: "New bucket" }).waitFor({ state: "detached" });
    await tab.page.goto(`${gateway.url}/-/#/buckets/${Bucket}/mine/`);
    await tab.page.getByText("Your access key may only read.").waitFor();
    await soon(() => tab.page.getByRole("button", { name: /Upload|New folder/ }).count()).toBe(0);
    await tab.page.locator("[role=row]", { hasText: "one.txt" }).locator(".row-size").click();
    const details = tab.page.getByRole("complementary", { name: "Details of one.txt" });
    await details.getByText("No tags.").waitFor();
    await soon(() => details.getByRole("button", { name: "Add" }).count()).toBe(0);
    await details.getByRole("button", { name: "More" }).click();
    for (const name of ["Rename …", "Move …", "Delete …"])
      expect(await tab.page.getByRole("menuitem", { name }).isDisabled(), name).toBe(true);
    expect(await tab.page.getByRole("menuitem", { name: "Share …" }).isDisabled()).toBe(false);
    expect(tab.complaints).toEqual([]);
  });

  async function signedIn(scope: object) {
    const body = JSON.stringify({ scope });
    const headers = { "content-type": "application/json" };
    const made = await gateway.fetch({ method: "POST", path: "/-/api/v1/keys", headers, body });
    const tab = await openTab(browser);
    await signIn(tab.page, gateway.url, JSON.parse(made.text));
    return tab;
  }
});
