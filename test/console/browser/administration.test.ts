// What is set up in the console, in a real browser on a real gateway over real disks. Needs `npm run build`.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { GetBucketTaggingCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDiskBackend } from "../../../src/backends/disk/backend.ts";
import { type OverDisks, startOverDisks } from "../../api/over-disks.ts";
import { put } from "../../contracts/backend-contract.ts";
import { openBrowser, openConsole, soon } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";

describeWith(["chromium"], "administration in the console", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  function open({ gateway }: OverDisks, tab: string): Promise<Page> {
    return openConsole(browser, gateway.url, gateway, `#/administration/${tab}`);
  }

  async function choose(page: Page, of: string, action: string): Promise<void> {
    await page.getByRole("button", { name: `For ${of}` }).click();
    await page.getByRole("menuitem", { name: action }).click();
  }

  it("makes an access key whose secret works, signs its holder in, and revokes it for good", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const page = await open(place, "keys");
    await page.getByRole("button", { name: "New access key" }).click();
    await page.getByRole("textbox", { name: "Account" }).fill("alice");
    await page.getByLabel("Only from these networks").fill("127.0.0.1\nnowhere");
    await page.getByRole("button", { name: "Make", exact: true }).click();
    await page.getByText(/^line 2: expected a network/).waitFor();
    await page.getByLabel("Only from these networks").fill("127.0.0.1");
    await page.getByRole("button", { name: "Make", exact: true }).click();
    const shown = async (label: string) =>
      (await page.getByRole("group", { name: label, exact: true }).locator("pre").textContent()) ?? "";
    await page.getByText("The secret key is shown only now.").waitFor();
    const [accessKeyId, secretAccessKey] = [await shown("Access key"), await shown("Secret key")];
    expect(await shown("Profile for ~/.aws/credentials")).toContain(`aws_secret_access_key = ${secretAccessKey}`);
    await page.getByRole("button", { name: "Make a sign-in link for its holder" }).click();
    const link = await shown("Sign-in link");
    const client = new S3Client({
      ...place.gateway.clientConfig,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
    expect((await client.send(new ListBucketsCommand({}))).Owner?.DisplayName).toBe("alice");
    const holder = await (await browser.newContext()).newPage();
    await holder.goto(link);
    await holder.getByText("alice", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.content()).not.toContain(secretAccessKey);

    await choose(page, accessKeyId, "Disable");
    await page.getByText(`Disabled ${accessKeyId}`).waitFor();
    await expect(client.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
    await choose(page, accessKeyId, "Enable");
    await page.getByText(`Enabled ${accessKeyId}`).waitFor();
    await client.send(new ListBucketsCommand({}));
    await choose(page, accessKeyId, "Revoke");
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText(`Revoked ${accessKeyId}.`).waitFor();
    await page.getByRole("row", { name: accessKeyId }).waitFor({ state: "detached" });
    await expect(client.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
    client.destroy();
  });

  it("shows more keys than a page holds", async () => {
    await using place = await startOverDisks(["a", "b"]);
    for (let made = 0; made < 105; made += 1) await place.call("POST", "/keys", { body: {} });
    const page = await open(place, "keys");
    await page.getByRole("button", { name: "Show more" }).click();
    await soon(() => page.getByRole("row").count()).toBe(106);
    await soon(() => page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  it("attaches a disk once it was tested, drains another, and removes it when it is empty", async () => {
    await using place = await startOverDisks(["a", "b"], ["c"]);
    await place.store("photo", "three words here");
    await mkdir(place.at("c"));
    const page = await open(place, "backends");
    await page.getByRole("button", { name: "Attach a backend" }).click();
    await page.getByLabel("Kind").selectOption("disk");
    await page.getByLabel("Name", { exact: true }).fill("c");
    await page.getByLabel("Region", { exact: true }).fill("mars");
    await page.getByLabel("Directory").fill("somewhere");
    const attach = page.getByRole("button", { name: "Attach", exact: true });
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("expected an absolute path").waitFor();
    await soon(() => page.getByLabel("Region", { exact: true }).getAttribute("aria-invalid")).toBe("true");
    expect(await attach.isDisabled()).toBe(true);
    await page.getByLabel("Region", { exact: true }).fill("c");
    await page.getByLabel("Directory").fill(place.at("c"));
    expect(await attach.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("It can be attached.").waitFor();
    await attach.click();
    await page.getByText("c is attached.").waitFor();
    expect(place.gateway.gateway.fleet.get("c")?.up).toBe(true);

    const { document } = await place.call("GET", "/objects", { query: { bucket: "bucket", key: "photo" } });
    const full: string = document.replicas[0].backend;
    await choose(page, full, "Lose this backend?");
    await page.getByText("Nothing would be lost.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();
    await choose(page, full, "Drain");
    await page.getByRole("button", { name: "Drain", exact: true }).click();
    // Followed by itself.
    await page
      .getByRole("row", { name: new RegExp(`^${full}`) })
      .getByText("drained")
      .waitFor({ timeout: 60_000 });
    await choose(page, full, "Remove");
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByText(`Removed ${full}.`).waitFor();
    await page
      .getByRole("row", { name: new RegExp(`^${full}`) })
      .getByText("removed", { exact: true })
      .waitFor();
  });

  it("says what keeps a backend from being removed", async () => {
    await using place = await startOverDisks(["a"], [], { copies: 1 });
    await place.store("photo", "three words here");
    const page = await open(place, "backends");
    await choose(page, "a", "Drain");
    await page.getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByText("Attach 1 more backend, or bring back those that are away.").waitFor();
    await page.getByText("1 copy left").waitFor();
    await choose(page, "a", "Remove");
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    const refusal = "1 blobs (16 bytes) have their only good copy on a: wait until they are copied elsewhere.";
    await page.getByRole("alert").getByText(refusal).waitFor();
    await page.getByRole("alert").getByText("Conflict").waitFor();
    expect(existsSync(place.at("a"))).toBe(true);
  });

  it("names the loss before a store is replaced, and asks for the backend's name", async () => {
    await using place = await startOverDisks(["a"], [], { copies: 1 });
    await place.store("photo", "three words here");
    await place.lose("a");
    await place.until("a", { condition: "lost" });
    const page = await open(place, "backends");
    await choose(page, "a", "Replace");
    await page.getByText(/^1 object \(16 B\) stand on no other backend/).waitFor();
    const replace = page.getByRole("button", { name: "Give up what is lost, and replace" });
    expect(await replace.isDisabled()).toBe(true);
    await page.getByLabel("Type a to go on").fill("a");
    await replace.click();
    await page.getByText("a has a new store.").waitFor();
    expect(existsSync(place.at("a"))).toBe(true);
    await place.until("a", { condition: "in place" });
  });

  it("changes a bucket's settings and gives them back to the gateway", async () => {
    await using place = await startOverDisks(["a", "b"]);
    await place.store("one", "three words here");
    await place.store("two", "three words here");
    const page = await open(place, "buckets");
    await page.getByRole("link", { name: "bucket", exact: true }).click();
    const copies = page.getByLabel("Copies before a write is answered");
    await copies.getByText("2 (the gateway's own)").waitFor({ state: "attached" });
    await copies.selectOption("1");
    const save = page.getByRole("button", { name: "Save settings" });
    // What is saved stands in the fields: there is nothing to save any more.
    const saved = () => save.and(page.locator("[aria-busy=false]:disabled")).waitFor();
    // The answer to a change is all that the page needs.
    await page.route("**/api/v1/buckets/bucket", (route) =>
      route.request().method() === "GET" ? route.abort() : route.continue(),
    );
    await save.click();
    const settings = async () => (await place.call("GET", "/buckets/bucket")).document.settings;
    await soon(() => settings()).toEqual({ minimumCopies: 1 });
    await saved();
    expect(await copies.inputValue()).toBe("1");
    await copies.selectOption("");
    const near = page.getByLabel("Copies near readers who are far away");
    await near.fill("afterReads=often");
    await save.click();
    await page.getByText("off, or afterReads, max (up to 16) and ttlHours").waitFor();
    await near.fill("afterReads=50");
    await save.click();
    const rule = { afterReads: 50, max: 1, ttlHours: 24 };
    await soon(() => settings()).toEqual({ readReplicas: rule });
    await soon(() => near.inputValue()).toBe("afterReads=50,max=1,ttlHours=24");
    await near.fill("");
    await save.click();
    await soon(() => settings()).toEqual({});

    await page.getByRole("button", { name: "Count", exact: true }).click();
    await page.getByLabel("Use", { exact: true }).getByText("32 B").waitFor();
    await page.getByRole("button", { name: "Block public access" }).click();
    await page.getByText("Public access is blocked here").waitFor();
    await page.getByText("root may do everything.").waitFor();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("Tags: name 1").fill("team");
    await page.getByLabel("Tags: value 1").fill("web + mail");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("web + mail").waitFor();
    const { TagSet } = await place.gateway.s3.send(new GetBucketTaggingCommand({ Bucket: "bucket" }));
    expect(TagSet).toEqual([{ Key: "team", Value: "web + mail" }]);
  });

  it("makes accounts, and says which name is taken", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const page = await open(place, "accounts");
    for (const answer of ["Made the account bob.", "There is an account bob already."]) {
      await page.getByRole("button", { name: "New account" }).click();
      await page.getByLabel("Name", { exact: true }).fill("bob");
      await page.getByRole("button", { name: "Make", exact: true }).click();
      await page.getByText(answer).waitFor();
    }
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("cell", { name: "bob" }).waitFor();
  });

  it("tells why a job fails, and tries it again", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const { metadata } = place.gateway.gateway;
    await place.lose("b");
    await place.until("b", { condition: "lost" });
    await metadata.jobs.add({ kind: "drop", storageKey: "blobs/ab/x", backends: ["b"] });
    const query = { failing: "true" };
    const attempts = async () => (await place.call("GET", "/jobs", { query })).document.items[0]?.attempts ?? 0;
    await soon(() => attempts()).toBeGreaterThan(0);
    const page = await open(place, "jobs");
    const row = page.getByRole("row", { name: "storageKey blobs/ab/x, backends b" });
    await row.getByText(/b: /).waitFor();
    const before = await attempts();
    await row.getByRole("button", { name: "Try now" }).click();
    await page.getByText("Tried again: delete what is no longer used.").waitFor();
    await soon(() => attempts()).toBeGreaterThan(before);
    await page.getByRole("cell", { name: "Read copies whole" }).waitFor();
  });

  it("has orphans deleted once the backend's name is typed", async () => {
    await using place = await startOverDisks(["a", "b"], [], { inventory: { hours: 1 / 3600 } });
    const disk = await openDiskBackend({ name: "a", region: "a", directory: place.at("a"), durable: false });
    await put(disk, "blobs/ab/one", Buffer.from("lost"));
    const found = async () => (await place.call("GET", "/orphans", { query: { backend: "a" } })).document;
    await soon(async () => (await found()).keys).toBe(1);
    const page = await open(place, "jobs");
    await page.getByRole("row", { name: "1 key, 4 B" }).getByRole("button", { name: "Look" }).click();
    await page.getByText("blobs/ab/one").waitFor();
    const confirm = page.getByRole("button", { name: "Have them deleted" });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel("Type a to go on").fill("a");
    await confirm.click();
    await page.getByText("1 key on a will be deleted when the grace is over.").waitFor();
    expect((await found()).unconfirmed).toBe(0);
  });

  it("shows an account that is no operator its own keys and buckets alone", async () => {
    await using place = await startOverDisks(["a", "b"]);
    const { accessKeyId, secretAccessKey } = await place.gateway.addAccount("alice");
    const key = { accessKeyId, secretAccessKey };
    const page = await openConsole(browser, place.gateway.url, key, "#/administration/backends");
    await page.getByRole("row", { name: accessKeyId }).waitFor();
    const tabs = page.getByRole("navigation", { name: "Administration" }).getByRole("link");
    await soon(() => tabs.allInnerTexts()).toEqual(["Access keys", "Buckets"]);
  });
});
