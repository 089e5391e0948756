// What a folder shows while files are uploaded into it. Needs `npm run build` and Chromium.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../../support/browser.ts";
import { describeWith } from "../../support/programs.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { dropOn, openUploadScene, writeRandom } from "../../support/upload-scene.ts";

describeWith(["chromium"], "a folder that is uploaded into", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it("says that an upload is under way, and shows the files that are stored before the last of them is", async () => {
    const directory = await temporaryDirectory();
    const files = ["first.bin", "second.bin", "third.bin"];
    for (const name of files) await writeRandom(directory, name, 1000);
    await using scene = await openUploadScene(browser);
    const held = files.map((key) => scene.proxy.script({ method: "PUT", key }, { do: "hold" }));
    const { page } = await scene.open();
    await page.getByRole("heading", { name: "This bucket is empty" }).waitFor();
    await dropOn(
      page,
      files.map((name) => `${directory}/${name}`),
    );
    await page.getByRole("heading", { name: "An upload is under way" }).waitFor();
    await Promise.all(held.map(({ met }) => met));
    for (const [index, name] of files.entries()) {
      expect(await page.getByRole("row", { name }).count()).toBe(0);
      held[index]?.release();
      await page.getByRole("row", { name }).waitFor();
    }
    await page.getByText("3 files: 3 sent").waitFor();
  });
});
