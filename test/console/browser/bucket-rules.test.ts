// The rules for pages of other origins, and which bucket another one takes over, in the console. Needs `npm run build`.
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startOverDisks } from "../../api/over-disks.ts";
import { openBrowser, openConsole, soon } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";

describeWith(["chromium"], "a bucket's settings in the console", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it("say which bucket it takes over", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const { buckets } = place.gateway.gateway.metadata;
    const { id = 0 } = (await buckets.find("bucket")) ?? {};
    await buckets.updateSettings(id, () => ({ takesOver: { service: "minio", bucket: "old" } }));
    const page = await openConsole(browser, place.gateway.url, place.gateway, "#/administration/buckets/bucket");
    const told = page.getByRole("region", { name: "Takes over" });
    await soon(() => told.textContent()).toContain("Takes over minio/old");
  });

  it("sets which pages of other origins may read, by keyboard, and says what is wrong with a rule", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const { gateway } = place;
    const page = await openConsole(browser, gateway.url, gateway, "#/administration/buckets/bucket");
    const rules = async () => (await place.call("GET", "/buckets/bucket")).document.settings.cors;
    const press = async (name: string) => {
      await page.getByRole("button", { name, exact: true }).focus();
      await page.keyboard.press("Enter");
    };
    const toggle = async (rule: Locator, method: string) => {
      await rule.getByLabel(method, { exact: true }).focus();
      await page.keyboard.press("Space");
    };
    await page.getByText("No page of another origin sees what is answered.").waitFor();
    await press("Add rules");
    const first = page.getByRole("group", { name: "Rule 1" });
    await first.getByLabel("Origins").fill("https://app.example.com\n*.*");
    await press("Save rules");
    await page.getByText("line 2: at most one *").waitFor();
    await soon(() => first.getByLabel("Origins").getAttribute("aria-invalid")).toBe("true");
    await first.getByLabel("Origins").fill("https://app.example.com");
    for (const method of ["GET", "HEAD", "PUT", "POST", "DELETE"]) await toggle(first, method);
    await press("Save rules");
    await first.getByText("at least one method").waitFor();
    for (const method of ["GET", "HEAD", "PUT", "POST"]) await toggle(first, method);
    await press("Another rule");
    const second = page.getByRole("group", { name: "Rule 2" });
    await second.getByLabel("Origins").fill("*");
    await second.getByLabel("Browsers remember this").fill("soon");
    await press("Save rules");
    await second.getByText(/expected number/).waitFor();
    await press("Take rule 2 away");
    await second.waitFor({ state: "detached" });
    await soon(() => page.evaluate("document.activeElement.ariaLabel")).toBe("CORS rules");
    await press("Save rules");
    await page.getByText("Pages of https://app.example.com: GET, HEAD, PUT, POST.").waitFor();
    await soon(() => page.evaluate("document.activeElement.ariaLabel")).toBe("Pages of other origins");
    expect(await rules()).toEqual([
      {
        ...{ allowedOrigins: ["https://app.example.com"], allowedMethods: ["GET", "HEAD", "PUT", "POST"] },
        ...{ allowedHeaders: ["*"], exposeHeaders: ["ETag", "Content-Range"], maxAgeSeconds: 3600 },
      },
    ]);
    await press("Edit rules");
    await press("Take rule 1 away");
    await press("Save rules");
    await page.getByText("The gateway's own rules hold.").waitFor();
    expect(await rules()).toBeUndefined();
  });
});
