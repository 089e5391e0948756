// "Where it lives" in a real browser, over a real gateway. Needs `npm run build` and Chromium.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { openBrowser, openConsole, soon } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";
import { OBJECT, openWorld, type World } from "../../support/world.ts";

const AT = `#/where/${OBJECT.Bucket}/${OBJECT.Key}`;

describeWith(["chromium"], "where it lives, in a browser", () => {
  let world: World;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    world = await openWorld(5);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  const open = (at: string) => openConsole(browser, world.gateway.url, world.gateway, at);
  const chosen = (page: Page, city: string) =>
    page.getByRole("heading", { name: `Read from ${city}, through the gateway` }).waitFor();

  it("names another copy for a client in another city, with the distances and the reason", async () => {
    const page = await open(AT);
    await page.getByLabel("In", { exact: true }).selectOption("singapore");
    await chosen(page, "singapore");
    const closest = page.getByRole("region", { name: "Copies, closest first" }).getByRole("listitem");
    await soon(() => closest.first().textContent()).toContain("singapore");
    await soon(() => closest.nth(1).textContent()).toContain("bangalore");
    await page.getByLabel("In", { exact: true }).selectOption("new-york");
    await chosen(page, "new-york");
    await soon(() => closest.first().textContent()).toContain("new-york");
    await soon(() => closest.nth(1).textContent()).toMatch(/toronto[\s\S]*55\d km/);
    const row = page.getByRole("table", { name: "Backends" }).getByRole("row", { name: "new-york" });
    await soon(() => row.textContent()).toContain("read from");
    await soon(() => page.getByRole("region", { name: "Why" }).textContent()).toContain("5-no-public-replica");
  });

  it("takes a place from the map, by the mouse and by the keyboard, and from two fields", async () => {
    const page = await open(AT);
    const map = page.getByRole("application");
    const box = await map.boundingBox();
    // Australia.
    await map.click({ position: { x: (box?.width ?? 0) * 0.86, y: (box?.height ?? 0) * 0.76 } });
    await chosen(page, "singapore");
    await soon(async () => Number(await page.getByLabel("Longitude").inputValue())).toBeGreaterThan(110);
    await soon(async () => Number(await page.getByLabel("Latitude").inputValue())).toBeLessThan(-10);
    // Letter by letter, each of which is a place of its own.
    for (const [field, degrees] of [
      ["Latitude", "50.05"],
      ["Longitude", "0.05"],
    ] as const) {
      await page.getByLabel(field).fill("");
      await page.getByLabel(field).pressSequentially(degrees);
      await soon(() => page.getByLabel(field).inputValue()).toBe(degrees);
    }
    await chosen(page, "amsterdam");
    await map.focus();
    for (let step = 0; step < 16; step += 1) await page.keyboard.press("ArrowLeft");
    await chosen(page, "toronto");
    await soon(() => page.getByLabel("Longitude").inputValue()).toBe("-79.95");
  });

  it("says what is wrong with an address, and who asks", async () => {
    const page = await open(AT);
    await page.getByLabel("Or at the address").fill("nowhere");
    await page.keyboard.press("Enter");
    await page.getByText("Expected an IP address").waitFor();
    await page.getByLabel("Or at the address").fill("192.0.2.1");
    await page.keyboard.press("Tab");
    await page.getByLabel("Client", { exact: true }).selectOption("rclone");
    await page.getByRole("definition").filter({ hasText: "rclone" }).waitFor();
    await page.getByRole("definition").filter({ hasText: "192.0.2.1" }).waitFor();
  });

  it("shows the object that is chosen, and says so when it is not there", async () => {
    const page = await open("#/where");
    await page.getByText("No object is chosen").waitFor();
    await page.getByLabel("Bucket").fill("photos");
    await page.locator("datalist option[value='trip/']").waitFor({ state: "attached" });
    await page.getByLabel("Key", { exact: true }).fill("trip/dog.jpg");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("NoSuchKey").waitFor();
    await page.getByLabel("Key", { exact: true }).fill("trip/cat.jpg");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { name: /^Read from / }).waitFor();
    await soon(() => new URL(page.url()).hash).toBe(AT);
    // What holds for one object is not shown with another while the gateway is asked.
    await page.route(/explain\?.*dog\.jpg/, () => {});
    await page.getByLabel("Key", { exact: true }).fill("trip/dog.jpg");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { name: /^Read from / }).waitFor({ state: "detached" });
  });

  it("shows an account that is no operator the copies of its own objects, and not the fleet", async () => {
    const guest = await world.gateway.addAccount("guest");
    await guest.s3.send(new CreateBucketCommand({ Bucket: "guests" }));
    await guest.s3.send(new PutObjectCommand({ Bucket: "guests", Key: "own", Body: "own" }));
    const page = await openConsole(browser, world.gateway.url, guest, "#/where/guests/own");
    await page.getByText("Operators see every backend here").waitFor();
    await page.getByRole("table", { name: "Backends" }).getByRole("row", { name: "toronto" }).waitFor();
  });
});
