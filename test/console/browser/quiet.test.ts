// What every screen of the console asks for, and what its content policy says of it: nothing leaves the gateway.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openBrowser, openTab } from "../../support/browser.ts";
import type { TestGateway } from "../../support/gateway.ts";
import { describeWith } from "../../support/programs.ts";
import { SCENES, show, startFurnished } from "./screens.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describeWith(["chromium"], "what the console asks for", () => {
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

  it.each(SCENES)("asks only the gateway, and breaks no rule of its policy: $name", async (scene) => {
    await using tab = await openTab(browser);
    const { asked, broken } = await watch(tab.page);
    await show(tab.page, gateway, scene);
    expect([...asked]).toEqual([gateway.url]);
    expect([broken, tab.complaints]).toEqual([[], []]);
    expect(await tab.context.cookies()).toEqual([]);
  });

  it("runs no script that is written into the page, and a broken rule is told", async () => {
    await using tab = await openTab(browser);
    const { broken } = await watch(tab.page);
    await tab.page.goto(`${gateway.url}/-/`);
    const script = "Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' })";
    await tab.page.evaluate(`document.body.append(${script})`);
    await vi.waitFor(() => expect(broken).toEqual(["script-src-elem inline"]), { timeout: 10_000, interval: 20 });
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
    await vi.waitFor(() => expect(broken).toEqual([`script-src-elem ${source}`]), { timeout: 10_000, interval: 20 });
  });
});

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
