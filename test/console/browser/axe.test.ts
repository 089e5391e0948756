// Every screen of the console, light and dark, wide and narrow, held against the rules of axe for assistive techniques.
// With SCREENSHOTS=directory it also keeps how each looks.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openBrowser, openTab } from "../../support/browser.ts";
import type { TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";
import { SCENES, show, startFurnished } from "./screens.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describeWith(["chromium"], "the console for assistive techniques", () => {
  let directory: string;
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "nearbucket-disks-"));
    [gateway, browser] = await Promise.all([startFurnished(directory), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  for (const width of [1280, 390])
    it.each(SCENES)(`has nothing serious, light or dark, ${width} wide: $name`, async (scene) => {
      await using tab = await openTab(browser, { width });
      const { page } = tab;
      await show(page, gateway, scene);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const kept = process.env["SCREENSHOTS"];
        if (kept) await page.screenshot({ path: join(kept, `${scene.name}-${colorScheme}-${width}.png`) });
        expect(await graveFaults(page)).toEqual([]);
      }
      expect(tab.complaints).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(await page.evaluate(CUT_OFF)).toEqual([]);
    });
});

/** Buttons and fields that reach beyond the side of the screen, where nothing scrolls them in. */
const CUT_OFF = `(() => {
  const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  return [...document.querySelectorAll("button, input, a")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !scrolls(one.parentElement))
    .map((one) => one.outerHTML);
})()`;

/** What hinders people seriously, by rule, and the elements with it. */
async function graveFaults(page: Page): Promise<readonly unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]);
}
