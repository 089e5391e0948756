// Uploads from the console, in a real browser, to a real gateway. Needs `npm run build` and Chromium.
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, DeleteBucketCommand } from "@aws-sdk/client-s3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { formatBytes } from "../../../src/console/ui/format.ts";
import { MAX_SENDING } from "../../../src/console/upload/order.ts";
import { partsOf } from "../../../src/console/upload/parts.ts";
import { openBrowser, soon, UNTRUSTED_HOST } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";
import { signedFetch } from "../../support/sign.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { dropOn, kill, openUploadScene, type UploadScene, writeRandom } from "../../support/upload-scene.ts";

const MIB = 1024 ** 2;
// Limits against hanging: a machine with other work takes a minute for the 200 MiB.
const LIMIT = 180_000;
vi.setConfig({ testTimeout: 3 * LIMIT });

/** What the panel says. When it does not come, the failure says what stood there instead. */
async function summary(page: Page, text: string | RegExp): Promise<void> {
  const panel = page.getByLabel("Uploads");
  await panel
    .getByText(text)
    .waitFor({ timeout: LIMIT })
    .catch(async (cause) => {
      throw new Error(`no "${text}" but: ${await panel.textContent()}`, { cause });
    });
}

/** Lets `count` parts through and holds the next ones, four at most: then nothing moves. */
async function holdAfter(scene: UploadScene, count: number, next: number, begin: () => Promise<void>) {
  const held = Array.from({ length: next }, () =>
    scene.proxy.script({ method: "PUT", query: "partNumber", nth: count + 1 }, { do: "hold" }),
  );
  await begin();
  await Promise.all(held.map(({ met }) => met));
  // As many held as are sent at once: all that was let through has been answered by then.
  if (next < MAX_SENDING) await soon(async () => (await scene.unfinished()).flat()).toHaveLength(count);
  return held;
}

describeWith(["chromium"], "uploading from the console", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it("stores a dropped folder as it is: folders, hidden files and empty ones", async () => {
    const directory = await temporaryDirectory();
    const digest = await writeRandom(directory, "trip/day 1/a.jpg", 3 * MIB);
    await writeRandom(directory, "trip/.hidden", 10);
    await writeRandom(directory, "trip/day 2/deep/empty", 0);
    await writeRandom(directory, "trip/.DS_Store", 10);
    await using scene = await openUploadScene(browser);
    const { page } = await scene.open();
    await dropOn(page, [join(directory, "trip")]);
    await summary(page, "3 files: 3 sent (3.00 MiB)");
    await page.getByText("1 file that systems keep in folders").waitFor();
    expect(await scene.keys()).toEqual(["trip/.hidden", "trip/day 1/a.jpg", "trip/day 2/deep/empty"]);
    expect(await scene.digestOf("trip/day 1/a.jpg")).toBe(digest);
    // The listing shows what has come.
    await page.getByRole("grid").getByText("trip", { exact: true }).waitFor();
  });

  it("sends no byte of a folder of 300 files that is stored already", async () => {
    const directory = await temporaryDirectory();
    let bytes = 0;
    for (let index = 0; index < 300; index += 1) {
      const size = 1000 + index * 100;
      await writeRandom(directory, `first/${index % 7}/${index}.bin`, size);
      bytes += size;
    }
    await using scene = await openUploadScene(browser);
    const first = await scene.open();
    scene.line.sent();
    await dropOn(first.page, [join(directory, "first")]);
    await summary(first.page, /^300 files: 300 sent \(4.56 MiB\)$/);
    expect(scene.line.sent()).toBeGreaterThan(bytes);
    await rename(join(directory, "first"), join(directory, "again"));
    const second = await scene.open();
    scene.line.sent();
    await dropOn(second.page, [join(directory, "again")]);
    await summary(second.page, /^300 files: 300 already stored \(4.56 MiB not sent\)$/);
    expect(second.puts).toEqual([]);
    // A claim is some 150 bytes for each file; every file is larger than that.
    expect(scene.line.sent()).toBeLessThan(300 * 250);
    expect(await scene.digestOf("again/3/297.bin")).toBe(await scene.digestOf("first/3/297.bin"));
    expect((await scene.keys()).filter((key) => key.startsWith("again/"))).toHaveLength(300);
  });

  it("works on plain http, where the browser computes no digests itself", async () => {
    const directory = await temporaryDirectory();
    const digest = await writeRandom(directory, "a", 20 * MIB);
    await writeRandom(directory, "b", 10);
    await using scene = await openUploadScene(browser);
    const { page } = await scene.open(UNTRUSTED_HOST);
    expect(await page.evaluate("crypto.subtle === undefined")).toBe(true);
    await dropOn(page, [join(directory, "a"), join(directory, "b")]);
    await summary(page, "2 files: 2 sent (20.0 MiB)");
    expect(await scene.digestOf("a")).toBe(digest);
  });

  it("stores what was picked instead of dropped", async () => {
    const directory = await temporaryDirectory();
    await writeRandom(directory, "folder/a", 10);
    await writeRandom(directory, "folder/b/c", 10);
    await using scene = await openUploadScene(browser);
    const { page } = await scene.open();
    await page.getByLabel("Folder to upload").setInputFiles(join(directory, "folder"));
    await summary(page, "2 files: 2 sent (20 B)");
    await page.getByLabel("Files to upload").setInputFiles([join(directory, "folder/a")]);
    await summary(page, "3 files: 1 already stored (10 B not sent), 2 sent (20 B)");
    expect(await scene.keys()).toEqual(["a", "folder/a", "folder/b/c"]);
  });

  it("sends everything where the gateway knows no claims", async () => {
    const directory = await temporaryDirectory();
    await writeRandom(directory, "one", 1000);
    await using scene = await openUploadScene(browser);
    scene.proxy.script({ method: "POST", key: "api/v1/claims" }, { do: "status", status: 404 });
    for (const words of ["1 file: 1 sent (1000 B)", "1 file: 1 sent (1000 B)"]) {
      const { page, puts } = await scene.open();
      await dropOn(page, [join(directory, "one")]);
      await summary(page, words);
      expect(puts).toEqual([{ key: "one", part: undefined }]);
    }
  });

  it("goes on where a tab was killed in the middle of a file: no part that stood is sent again", async () => {
    const directory = await temporaryDirectory();
    const size = 200 * MIB;
    const digest = await writeRandom(directory, "big.bin", size);
    await using scene = await openUploadScene(browser);
    const first = await scene.open();
    await holdAfter(scene, 5, 4, () => dropOn(first.page, [join(directory, "big.bin")]));
    const [stood = []] = await scene.unfinished();
    await kill(scene, first.page);
    const parts = partsOf(size);
    const old = parts.reduce((sum, { number, from, to }) => sum + (stood.includes(number) ? to - from : 0), 0);
    const second = await scene.open();
    scene.line.sent();
    await dropOn(second.page, [join(directory, "big.bin")]);
    await summary(
      second.page,
      `1 file: 1 sent (${formatBytes(size - old)}, ${formatBytes(old)} were there from before)`,
    );
    const again = second.puts.map(({ part = 0 }) => part);
    expect([...again, ...stood].sort((a, b) => a - b)).toEqual(parts.map(({ number }) => number));
    // On the wire: what is missing, and less than 1 % of headers and listings.
    expect(scene.line.sent()).toBeLessThan((size - old) * 1.01);
    expect(await scene.digestOf("big.bin")).toBe(digest);
    expect(await scene.unfinished()).toEqual([]);
  });

  it("does not go on with another file's parts under the same key", async () => {
    const [directory, other] = [await temporaryDirectory(), await temporaryDirectory()];
    await writeRandom(directory, "same.bin", 40 * MIB);
    const digest = await writeRandom(other, "same.bin", 40 * MIB);
    await using scene = await openUploadScene(browser);
    const first = await scene.open();
    await holdAfter(scene, 1, 2, () => dropOn(first.page, [join(directory, "same.bin")]));
    const [stood] = await scene.unfinished();
    await kill(scene, first.page);
    const second = await scene.open();
    await dropOn(second.page, [join(other, "same.bin")]);
    await summary(second.page, "1 file: 1 sent (40.0 MiB)");
    expect(await scene.digestOf("same.bin")).toBe(digest);
    // The other file's upload is left to whoever began it; a part that was on its way may have come in since.
    expect(await scene.unfinished()).toEqual([expect.arrayContaining(stood ?? [])]);
  });

  it("pauses at once and goes on without sending again what was stored", async () => {
    const directory = await temporaryDirectory();
    const digest = await writeRandom(directory, "big.bin", 40 * MIB);
    await using scene = await openUploadScene(browser);
    const { page, puts } = await scene.open();
    await holdAfter(scene, 1, 2, () => dropOn(page, [join(directory, "big.bin")]));
    const stood = (await scene.unfinished()).flat();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused. What is stored stays stored.").waitFor();
    scene.proxy.reset();
    const before = puts.length;
    await page.getByRole("button", { name: "Resume" }).click();
    await summary(page, "1 file: 1 sent (40.0 MiB)");
    expect(before).toBe(3);
    const after = puts.slice(before).map(({ part = 0 }) => part);
    expect([...after, ...stood].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(await scene.digestOf("big.bin")).toBe(digest);
  });

  it("goes on by itself when the session ended in the middle and its account signs in again", async () => {
    const directory = await temporaryDirectory();
    const digest = await writeRandom(directory, "big.bin", 40 * MIB);
    await using scene = await openUploadScene(browser);
    const { gateway } = scene;
    const { page, puts } = await scene.open();
    const held = await holdAfter(scene, 1, 2, () => dropOn(page, [join(directory, "big.bin")]));
    const stood = (await scene.unfinished()).flat();
    const session = JSON.parse(await page.evaluate("sessionStorage.getItem('nearbucket-session')"));
    const end = { method: "DELETE", path: "/-/api/v1/sessions/current" };
    expect((await signedFetch({ endpoint: gateway.url, ...session })(end)).status).toBe(204);
    // The parts that were held arrive, and are refused.
    for (const { release } of held) release();
    await page.getByText("Your session has ended. Sign in again, and the uploads go on.").waitFor();
    const before = puts.length;
    await page.getByLabel("Access key").fill(gateway.accessKeyId);
    await page.getByLabel("Secret key").fill(gateway.secretAccessKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await summary(page, "1 file: 1 sent (40.0 MiB)");
    const after = puts.slice(before).map(({ part = 0 }) => part);
    expect([...after, ...stood].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(await scene.digestOf("big.bin")).toBe(digest);
  });

  it("gives up what was stored only when somebody cancels", async () => {
    const directory = await temporaryDirectory();
    await writeRandom(directory, "big.bin", 40 * MIB);
    await using scene = await openUploadScene(browser);
    const { page } = await scene.open();
    await holdAfter(scene, 1, 2, () => dropOn(page, [join(directory, "big.bin")]));
    await page.getByRole("button", { name: "Cancel big.bin" }).click();
    await summary(page, "1 file: 1 cancelled");
    await soon(() => scene.unfinished()).toEqual([]);
    expect(await scene.keys()).toEqual([]);
  });

  it("waits while the gateway is busy, says so, and goes on by itself", async () => {
    const directory = await temporaryDirectory();
    for (let index = 0; index < 20; index += 1) await writeRandom(directory, `folder/${index}`, 1000);
    await using scene = await openUploadScene(browser);
    const busy = scene.proxy.script({ method: "PUT" }, { do: "status", status: 503 });
    const { page, puts } = await scene.open();
    await dropOn(page, [join(directory, "folder")]);
    await page.getByText("It is tried again by itself. (ServiceUnavailable)").waitFor();
    // All wait for one pause: it is not 20 files that knock.
    expect(puts.length).toBeLessThanOrEqual(8);
    busy.remove();
    await summary(page, "20 files: 20 sent (19.5 KiB)");
    expect(await scene.keys()).toHaveLength(20);
  });

  it("tells what failed, with S3's code, and tries again when asked", async () => {
    const directory = await temporaryDirectory();
    await writeRandom(directory, "a", 10);
    await using scene = await openUploadScene(browser);
    const { page } = await scene.open();
    await scene.gateway.s3.send(new DeleteBucketCommand({ Bucket: "photos" }));
    await dropOn(page, [join(directory, "a")]);
    await summary(page, "1 file: 1 failed");
    await page.getByText("NoSuchBucket: ").waitFor();
    await scene.gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    await page.getByRole("button", { name: "Retry all failed" }).click();
    await summary(page, "1 file: 1 sent (10 B)");
  });

  it("never stores a file that changed after it was dropped as if it had not", async () => {
    const directory = await temporaryDirectory();
    await writeRandom(directory, "a", 1000);
    await using scene = await openUploadScene(browser);
    const busy = scene.proxy.script({ method: "PUT" }, { do: "status", status: 503 });
    const { page } = await scene.open();
    await dropOn(page, [join(directory, "a")]);
    await summary(page, "It is tried again by itself.");
    await writeFile(join(directory, "a"), "other bytes, and another length");
    busy.remove();
    await summary(page, "1 file: 1 failed");
    await page.getByText("Unreadable: The file cannot be read.").waitFor();
    expect(await scene.keys()).toEqual([]);
  });

  it("takes names for names, whatever they look like", async () => {
    const directory = await temporaryDirectory();
    const names = [
      "<img src=x onerror=document.title=1>",
      "a?b#c&d=e+f %2F%00.txt",
      "..hidden",
      "new\nline",
      "q\"uote'",
      "\u202etxt.exe",
      "e\u0301 \u{1F600}",
    ];
    for (const name of names) await writeRandom(directory, `folder/${name}`, 5);
    await using scene = await openUploadScene(browser);
    const { page, complaints } = await scene.open();
    await dropOn(page, [join(directory, "folder")]);
    await summary(page, "7 files: 7 sent (35 B)");
    expect((await scene.keys()).sort()).toEqual(names.map((name) => `folder/${name}`).sort());
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("1");
    expect(complaints).toEqual([]);
  });
});
