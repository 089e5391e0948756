// Every screen of the console, opened once and then looked at wide and narrow, light and dark: the rules of axe for
// assistive techniques, nothing beyond the edge, nothing that jumps, no complaint of the page or its content policy,
// and nothing asked of anybody but the gateway. With SCREENSHOTS=directory it also keeps how each looks.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, soon } from "../../support/browser.ts";
import type { TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";
import { SCENES, type Scene, startFurnished, visit } from "./screens.ts";

const WIDTHS = [1280, 390] as const;
/** The only rules that a theme can break. */
const OF_COLOUR = ["color-contrast", "link-in-text-block"];

describeWith(["chromium"], "every screen of the console", () => {
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

  it.each(SCENES)("hinders nobody, asks only the gateway and breaks no rule: $name", async (scene) => {
    await using tab = await openTab(browser, { width: WIDTHS[0] });
    const { page } = tab;
    const { asked, broken } = await watch(page);
    await page.addInitScript(SHIFTED);
    await visit(page, gateway, scene);
    expect(await page.evaluate("window.shifted")).toBeLessThan(MOST_SHIFTED);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      if (scene.closesOnResize && width !== WIDTHS[0]) {
        await page.getByRole("menu").waitFor({ state: "detached" });
        await scene.reach(page);
      }
      await look(page, scene, width);
    }
    expect([...asked]).toEqual([gateway.url]);
    expect([broken, tab.complaints]).toEqual([[], []]);
    expect(await tab.context.cookies()).toEqual([]);
  });

  async function look(page: Page, { name }: Scene, width: number): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const kept = process.env["SCREENSHOTS"];
      if (kept) await page.screenshot({ path: join(kept, `${name}-${colorScheme}-${width}.png`) });
      expect(
        await graveFaults(page, colorScheme === "dark" ? OF_COLOUR : undefined),
        `${colorScheme} ${width}`,
      ).toEqual([]);
    }
    await soon(() => page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${width}`).toBe(true);
    await soon(() => page.evaluate(CUT_OFF), `${width}`).toEqual([]);
  }

  it("runs no script that is written into the page, and a broken rule is told", async () => {
    await using tab = await openTab(browser);
    const { broken } = await watch(tab.page);
    await tab.page.goto(`${gateway.url}/-/`);
    const script = "Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' })";
    await tab.page.evaluate(`document.body.append(${script})`);
    await soon(() => broken).toEqual(["script-src-elem inline"]);
    expect(await tab.page.evaluate("window.ran")).toBeUndefined();
  });

  it("runs no object as a script, though objects have its origin", async () => {
    await using tab = await openTab(browser);
    const { broken } = await watch(tab.page);
    await tab.page.goto(`${gateway.url}/-/`);
    const source = `${gateway.url}/some-bucket/script.js`;
    await tab.page.evaluate(
      `document.body.append(Object.assign(document.createElement("script"), { src: "${source}" }))`,
    );
    await soon(() => broken).toEqual([`script-src-elem ${source}`]);
  });
});

/** What counts as good of the cumulative layout shift: https://web.dev/articles/cls. */
const MOST_SHIFTED = 0.1;

/** Sums how much moved while the screen was loaded: until something is done there. */
const SHIFTED = `(() => {
  window.shifted = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.shifted += value;
  });
  observer.observe({ type: "layout-shift", buffered: true });
  for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => observer.disconnect(), true);
})()`;

/** Buttons and fields that reach beyond the side of the screen, where nothing scrolls them in. */
const CUT_OFF = `(() => {
  const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  return [...document.querySelectorAll("button, input, a")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !scrolls(one.parentElement))
    .map((one) => one.outerHTML);
})()`;

/** What hinders people seriously, by rule, and the elements with it. `rules`: only these. */
async function graveFaults(page: Page, rules: string[] | undefined): Promise<readonly unknown[]> {
  // The page has no frames: axe needs no page of its own to put its findings together.
  // What is in the page already is not sent there again.
  const source = (await page.evaluate("typeof axe === 'object'")) ? { axeSource: ";" } : {};
  const axe = new AxeBuilder({ page, ...source }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]);
}

/** The origins that a tab asks from now on, and what its content policy refuses. */
async function watch(page: Page) {
  const asked = new Set<string>();
  page.context().on("request", (request) => asked.add(new URL(request.url()).origin));
  const broken: string[] = [];
  await page.exposeFunction("tellBroken", (text: string) => broken.push(text));
  const told = "tellBroken(event.effectiveDirective + ' ' + event.blockedURI)";
  await page.addInitScript(`addEventListener("securitypolicyviolation", (event) => ${told})`);
  return { asked, broken };
}
