// Signing in and out of the console, in a real browser.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, signIn, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

describeWith(["chromium"], "signing in to the console", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("keeps a session for this tab and forgets the key", async () => {
    await using tab = await openTab(browser);
    await signIn(tab.page, gateway.url, gateway);
    const kept = await tab.page.evaluate(
      "JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])",
    );
    expect(kept).not.toContain(gateway.secretAccessKey);
    expect(kept).not.toContain(`"${gateway.accessKeyId}"`);
    await tab.page.reload();
    await tab.page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
    const other = await tab.context.newPage();
    await other.goto(`${gateway.url}/-/`);
    await other.getByLabel("Secret key").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it("says which of the two is wrong, and shows nothing", async () => {
    await using tab = await openTab(browser);
    await tab.page.goto(`${gateway.url}/-/`);
    await tab.page.getByLabel("Access key").fill(gateway.accessKeyId);
    await tab.page.getByLabel("Secret key").fill("not the secret of it");
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.page.getByText("The secret key does not belong to this access key.").waitFor();
    await tab.page.getByLabel("Access key").fill("AKIANOBODY");
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.page.getByText("There is no such access key.").waitFor();
    expect(await tab.page.evaluate("sessionStorage.length")).toBe(0);
  });

  it("takes a sign-in link's token out of the address and uses it once", async () => {
    const made = await gateway.fetch({ method: "POST", path: "/-/api/v1/sign-in-links" });
    const { path } = JSON.parse(made.text) as { path: string };
    await using tab = await openTab(browser);
    await tab.page.goto(`${gateway.url}${path}`);
    await tab.page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
    await soon(() => tab.page.url()).not.toContain("sign-in");
    await using second = await openTab(browser);
    await second.page.goto(`${gateway.url}${path}`);
    await second.page.getByText("This sign-in link was used before").waitFor();
    await soon(() => second.page.url()).not.toContain("sign-in");
  });

  it("ends the session at the gateway by signing out", async () => {
    await using tab = await openTab(browser);
    await signIn(tab.page, gateway.url, gateway);
    const session = await tab.page.evaluate("sessionStorage.getItem('nearbucket-session')");
    await tab.page.getByRole("button", { name: "Account" }).click();
    await tab.page.getByRole("menuitem", { name: "Sign out" }).click();
    await tab.page.getByLabel("Secret key").waitFor();
    // The page comes back with the old session, as a copied tab would.
    await tab.page.evaluate(`sessionStorage.setItem('nearbucket-session', ${JSON.stringify(session)})`);
    await tab.page.reload();
    await tab.page.getByText("Your session has ended. Sign in again.").waitFor();
  });
});
