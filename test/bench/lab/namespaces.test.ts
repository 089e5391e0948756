// The namespaces themselves, where this may be done (root, iproute2).

import { describe, expect, it, onTestFinished } from "vitest";
import { run } from "../../support/run.ts";
import { serverAddress } from "./addresses.ts";
import { inside, missing, namespaceOf, openNamespaces } from "./namespaces.ts";
import { regionOf, regions } from "./regions.ts";

const PREFIX = `nblabtest-${process.pid}`;

async function own(): Promise<readonly string[]> {
  const names = (await run("ip", ["netns", "list"])).toString().split("\n");
  return names.filter((name) => name.startsWith(PREFIX)).map((name) => name.split(" ")[0] ?? "");
}

describe.skipIf(missing() !== undefined)("the namespaces", () => {
  it("reach each other, end what runs in them, and are gone afterwards", async () => {
    const lab = await openNamespaces(PREFIX, 200);
    onTestFinished(() => lab[Symbol.asyncDispose]());
    expect((await own()).length).toBe(1 + 2 * regions.length);
    const client = namespaceOf(PREFIX, regionOf("singapore"), "client");
    const there = serverAddress(regionOf("new-york"));
    const listening = run(
      "ip",
      inside(namespaceOf(PREFIX, regionOf("new-york"), "servers"), [
        process.execPath,
        "-e",
        `require("net").createServer((socket) => socket.end("here")).listen(9, "${there}")`,
      ]),
    );
    const ask = `const ask = () => require("net").connect(9, "${there}").on("error", ask).pipe(process.stdout); ask()`;
    expect((await run("ip", inside(client, [process.execPath, "-e", ask]))).toString()).toBe("here");
    await Promise.all([lab[Symbol.asyncDispose](), expect(listening).rejects.toThrow("SIGKILL")]);
    expect(await own()).toEqual([]);
  });

  it("leave alone what was there before, and take back what they made when one cannot be made", async () => {
    const taken = namespaceOf(PREFIX, regionOf("amsterdam"), "client");
    await run("ip", ["netns", "add", taken]);
    onTestFinished(async () => void (await run("ip", ["netns", "del", taken])));
    await expect(openNamespaces(PREFIX, 200)).rejects.toThrow("File exists");
    expect(await own()).toEqual([taken]);
  });
});
