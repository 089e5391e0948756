// Parts of the console that are fetched when they are first shown, while the network is away and after it is back.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { beSignedIn, type ConsoleTab, openBrowser, openTab, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";

describeWith(["chromium"], "the console offline", () => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it("fetches a screen by itself when the network is back", async () => {
    await using tab = await openOffline();
    await tab.context.setOffline(false);
    await isWhole(tab.page);
  });

  it("fetches a screen when asked to, and says so while it still cannot", async () => {
    await using tab = await openOffline();
    const { page } = tab;
    // The network is there again as far as the browser knows, but not the gateway's files.
    await page.route("**/assets/**", (route) => route.abort());
    await tab.context.setOffline(false);
    const again = page.getByRole("button", { name: "Try again" });
    await again.click();
    await again.waitFor();
    await page.unroute("**/assets/**");
    await again.click();
    await isWhole(page);
  });

  it("fetches a screen when it is opened anew", async () => {
    await using tab = await openOffline();
    const { page } = tab;
    await page.route("**/assets/**", (route) => route.abort());
    await tab.context.setOffline(false);
    await page.getByRole("link", { name: "Buckets" }).click();
    await page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
    await page.unroute("**/assets/**");
    await page.getByRole("link", { name: "Dashboard" }).click();
    await isWhole(page);
  });

  /** A tab that went offline before the dashboard was ever shown. */
  async function openOffline(): Promise<ConsoleTab> {
    const tab = await openTab(browser);
    await beSignedIn(tab.page, gateway);
    await tab.page.goto(`${gateway.url}/-/#/buckets`);
    const dashboard = tab.page.getByRole("link", { name: "Dashboard" });
    await dashboard.waitFor();
    await tab.context.setOffline(true);
    await dashboard.click();
    await tab.page.getByRole("alert").getByText("could not be fetched").waitFor();
    return tab;
  }
});

/** With its style, too. */
async function isWhole(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Dashboard", exact: true }).waitFor();
  await page.locator(".dashboard").waitFor();
  await soon(() => page.evaluate("getComputedStyle(document.querySelector('.dashboard')).display")).toBe("grid");
}
