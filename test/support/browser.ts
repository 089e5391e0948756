/** A real browser, and the console of a running gateway in it. Nothing is downloaded: Debian's Chromium is used. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { neededProgram } from "./programs.ts";

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

export function openBrowser(): Promise<Browser> {
  // Chromium's own sandbox needs rights that a container lacks; the pages are ours.
  return chromium.launch({ executablePath: neededProgram("chromium"), args: ["--no-sandbox"] });
}

/** A tab of its own, with nothing remembered. */
export async function openTab(
  browser: Browser,
  { width = 1280, colorScheme = "light" }: TabOptions = {},
): Promise<ConsoleTab> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, acceptDownloads: true });
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

interface SignedIn {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
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
