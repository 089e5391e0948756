// The dashboard in a real browser, over a real gateway. Needs `npm run build` and Chromium.
import { rename } from "node:fs/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { apiClient } from "../../support/api.ts";
import { beSignedIn, openBrowser, openConsole, openTab, PATIENCE_MS, soon } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";
import { OBJECT, openWorld, type World } from "../../support/world.ts";

const PATIENCE = { timeout: PATIENCE_MS };
/** So often at least. */
const ASKED_AGAIN_MS = 10_000;

describeWith(["chromium"], "the dashboard, in a browser", () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  const verdict = (page: Page, word: string) =>
    page.getByRole("heading", { name: word, exact: true }).waitFor(PATIENCE);
  const rowOf = (page: Page, name: string) =>
    page.getByRole("table", { name: "Backends" }).getByRole("row", { name: new RegExp(`^${name}`) });

  /** With a clock that a test moves on. */
  async function open({ gateway }: World): Promise<Page> {
    const { page } = await openTab(browser);
    await page.clock.install();
    await beSignedIn(page, gateway);
    await page.goto(`${gateway.url}/-/#/dashboard`);
    return page;
  }

  /** The page asks again and again until it has this verdict to tell. */
  async function becomes(page: Page, word: string): Promise<void> {
    await vi.waitFor(async () => {
      const answered = page.waitForResponse((response) => response.url().endsWith("/stats"));
      await page.clock.fastForward(ASKED_AGAIN_MS);
      await answered;
      expect(await page.locator(".verdict h2").textContent()).toBe(word);
    }, PATIENCE);
  }

  it("says when a backend goes away what is at risk, and when it is back that nothing is", async () => {
    await using world = await openWorld(2, 2);
    const page = await open(world);
    await verdict(page, "Safe");
    await page.getByText("Any one backend may be lost now. 1 object (293 KiB) are stored.").waitFor();
    await soon(() => rowOf(page, "toronto").textContent()).toContain("yes");
    const directory = world.directoryOf("new-york");
    await rename(directory, `${directory}.away`);
    await becomes(page, "At risk");
    await page.getByText(/1 of 1 object \(293 KiB\) have only one good copy in place\./).waitFor();
    await soon(() => rowOf(page, "new-york").textContent()).toContain("away");
    await soon(() => rowOf(page, "toronto").textContent()).toContain("Nothe only good copy of 1 object, 293 KiB");
    await rename(`${directory}.away`, directory);
    await becomes(page, "Safe");
  });

  it("keeps the last values while no answer comes, and says so", async () => {
    await using world = await openWorld(2, 2);
    const page = await open(world);
    await verdict(page, "Safe");
    await page.context().setOffline(true);
    await page.clock.fastForward(ASKED_AGAIN_MS);
    await page.getByText("Not up to date: The gateway does not answer.").waitFor(PATIENCE);
    await verdict(page, "Safe");
    await soon(() => rowOf(page, "toronto").count()).toBe(1);
    await page.context().setOffline(false);
    await page.clock.fastForward(ASKED_AGAIN_MS);
    await page.getByText("Not up to date").waitFor({ state: "detached", ...PATIENCE });
  });

  it("draws what happened, with its numbers in a table, and says so while there is nothing", async () => {
    await using world = await openWorld(2, 2);
    const { gateway } = world;
    const page = await openConsole(browser, gateway.url, gateway, "#/dashboard");
    await page.getByRole("heading", { name: "No history yet" }).waitFor();
    await gateway.s3.send(new PutObjectCommand({ ...OBJECT, Key: "again", Body: "again" }));
    gateway.clock.advance(300_000);
    const samples = async () => (await apiClient(gateway)("GET", "/history")).document.samples;
    await soon(samples).not.toEqual([]);
    await page.reload();
    const chart = page.getByRole("region", { name: "Requests", exact: true });
    await chart.locator("canvas").waitFor();
    await chart.getByText("As a table").click();
    const row = chart.getByRole("table", { name: "Requests" }).getByRole("row").nth(1);
    await soon(() => row.getByRole("cell").nth(1).textContent()).toMatch(/^[1-9]\d*$/);
    await page.getByRole("radio", { name: "7 d" }).check();
    await chart.locator("canvas").waitFor();
  });

  it("says to an account that is no operator who may see it", async () => {
    await using world = await openWorld(2, 2);
    const guest = await world.gateway.addAccount("guest");
    const page = await openConsole(browser, world.gateway.url, guest, "#/dashboard");
    await page.getByRole("heading", { name: "This is for operators" }).waitFor();
    await page.getByText("you are signed in as guest").waitFor();
  });
});
