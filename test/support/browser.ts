/** A real browser, and the console of a running gateway in it. Nothing is downloaded: Debian's Chromium is used. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, onTestFinished, vi } from "vitest";
import { neededProgram } from "./programs.ts";

// A browser and a gateway on a busy machine take their time; what never comes is found out all the same.
export const PATIENCE_MS = 90_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 3 * PATIENCE_MS });

/**
 * What a page comes to show, or a server to hold: `await soon(() => page.title()).toBe("photos")`. A page follows what
 * was done to it a moment later; to ask at once is right only where what was awaited before came after it.
 */
export function soon<T>(read: () => T, message?: string) {
  return expect.poll(read, { timeout: PATIENCE_MS, interval: 20, ...(message !== undefined && { message }) });
}

export interface ConsoleTab extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: errors, and what its content policy refused. */
  readonly complaints: readonly string[];
}

interface TabOptions {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
}

/** Reaches this machine, from the browser only. */
export const UNTRUSTED_HOST = "nearbucket.test";

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: neededProgram("chromium"),
    // Chromium's own sandbox needs rights that a container lacks; the pages are ours. On a name that is not this
    // machine's own, plain http is not trusted: there a page has no crypto.subtle.
    args: ["--no-sandbox", `--host-resolver-rules=MAP ${UNTRUSTED_HOST} 127.0.0.1`],
  });
}

/** A tab of its own, with nothing remembered. */
export async function openTab(
  browser: Browser,
  { width = 1280, colorScheme = "light" }: TabOptions = {},
): Promise<ConsoleTab> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, acceptDownloads: true });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser logs every 4xx by itself; what the console makes of it is what a test looks at.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Signs in as a person does. */
export async function signIn(
  page: Page,
  url: string,
  key: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  await page.goto(`${url}/-/`);
  await page.getByLabel("Access key").fill(key.accessKeyId);
  await page.getByLabel("Secret key").fill(key.secretAccessKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Buckets", exact: true }).waitFor();
}

/** A new tab for this test, signed in with a key as its session. `at`: the fragment, as `#/buckets/photos/`. */
export async function openConsole(
  browser: Browser,
  url: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
  at: string,
): Promise<Page> {
  const { page, context } = await openTab(browser);
  onTestFinished(() => context.close());
  await beSignedIn(page, key);
  await page.goto(`${url}/-/${at}`);
  return page;
}

/** Whatever the tab opens from now on finds a session: the key itself. */
export async function beSignedIn(
  page: Page,
  { accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<void> {
  const session = { accessKeyId, secretAccessKey, account: "root", expiresAt: "2999-01-01T00:00:00.000Z" };
  const text = JSON.stringify(JSON.stringify(session));
  await page.addInitScript(`sessionStorage.setItem("nearbucket-session", ${text})`);
}
