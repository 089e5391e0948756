/** A real browser on the console: a page that is signed in, and files dropped on it as a person drops them. */
import { type Browser, chromium, type Page } from "playwright-core";
import { neededProgram } from "./programs.ts";

interface SignedIn {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Close it with `await using`. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: neededProgram("chromium"),
    // Chromium's own sandbox needs rights that a container does not give.
    args: ["--no-sandbox"],
  });
}

/** A new tab, signed in. `at`: the fragment, as `#/buckets/photos/`. */
export async function openConsole(browser: Browser, url: string, key: SignedIn, at: string): Promise<Page> {
  const context = await browser.newContext();
  const { accessKeyId, secretAccessKey } = key;
  const session = { accessKeyId, secretAccessKey, account: "root", expiresAt: "2999-01-01T00:00:00.000Z" };
  const text = JSON.stringify(JSON.stringify(session));
  await context.addInitScript(`sessionStorage.setItem("nearbucket-session", ${text})`);
  const page = await context.newPage();
  await page.goto(`${url}/-/${at}`);
  return page;
}

/** Drags files and folders of this machine over the page and lets them go. */
export async function dropOn(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
  await devtools.detach();
}
