// `nearbucket scrub`: a backend is read whole, beside the data and over the API, and whoever waits is told how far it is.
import fs from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { scrubText } from "../../src/cli/scrub.ts";
import { at, command, lose, remotely, start, store, until, WITHIN } from "./over-disks.ts";
import { startCommand } from "./terminal.ts";

const ways = [
  ["beside the data", (...words: string[]) => command(["scrub", ...words])],
  ["over the API", (...words: string[]) => remotely("scrub", ...words)],
] as const;

it.each(ways)("reads a backend whole and says when it is done, %s", async (_, scrub) => {
  await start();
  for (const key of ["one", "two"]) await store(key);
  const done = await scrub("a", "--wait");
  expect(done).toMatchObject({
    code: 0,
    out: "a was read whole. What was missing or damaged is copied anew: nearbucket status\n",
  });
  const documents = (await scrub("a", "--wait", "--json")).out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(documents.at(-1)).toMatchObject({ backend: "a", until: expect.any(String), underWay: false, replicas: 0 });
});

it.each(ways)("says how to see how far it is where nobody waits, and knows no other backend, %s", async (_, scrub) => {
  await start();
  expect((await scrub("a")).out).toContain("nearbucket scrub a --wait says how far it is");
  expect(JSON.parse((await scrub("a", "--json")).out)).toMatchObject({ backend: "a", until: expect.any(String) });
  expect(await scrub("nowhere", "--wait")).toMatchObject({
    code: 1,
    err: expect.stringContaining("there is no backend nowhere"),
  });
});

it("fails when a replica could not be read, and nothing proves that it is lost", async () => {
  await start(["a"], { copies: 1 });
  await store("key");
  const files = await readdir(at("a"), { recursive: true, withFileTypes: true });
  const blob = files.find((one) => one.isFile() && one.parentPath.includes("blobs"));
  const { ino } = fs.statSync(join(blob?.parentPath ?? "", blob?.name ?? ""));
  const before = fs.read as (fd: number, ...rest: unknown[]) => void;
  const failing = (fd: number, ...rest: unknown[]) => {
    const done = rest.at(-1) as (error: Error) => void;
    if (fs.fstatSync(fd).ino !== ino) return before(fd, ...rest);
    process.nextTick(done, Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }));
  };
  vi.spyOn(fs, "read").mockImplementation(failing as typeof fs.read);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await command(["scrub", "a", "--wait"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("1 replica, 14 B, on a could not be read, and will be tried again"),
  });
});

it("says why nothing is read while the store is away, and goes on when waiting is stopped", async () => {
  await start();
  await store("key");
  await lose("a");
  await until("a", { condition: "lost" });
  const words = ["scrub", "a", "--wait", "--json", "--config", at("nearbucket.yaml")];
  const waiting = startCommand(words);
  await vi.waitFor(() => expect(waiting.printed()).toContain('"stands":"lost"'), WITHIN);
  expect(await waiting.stop()).toBe(130);
  expect(JSON.parse(waiting.printed().trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
    underWay: true,
    replicas: 1,
  });
  await rm(at("a"), { recursive: true });
  await rename(at("a-away"), at("a"));
  await until("a", { condition: "in place" });
  expect(await command(["scrub", "a", "--wait"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("was read whole"),
  });
});

it("says what is left, how fast it goes, and what speaks against it", () => {
  const first = {
    isUnderWay: true,
    left: { replicas: 4, bytes: 4096 },
    attempts: 0,
    reason: undefined,
    stands: undefined,
  };
  expect(scrubText("b", first, first, 0)).toBe("b: 4 replicas, 4.0 KiB, to be read");
  const later = { ...first, left: { replicas: 1, bytes: 1024 } };
  expect(scrubText("b", first, later, 3000)).toBe("b: 1 replica, 1.0 KiB, to be read; 1.0 KiB/s, 1 s more");
  const standing = { ...later, stands: "away", attempts: 2, reason: "no answer" };
  expect(scrubText("b", later, standing, 9000)).toBe(
    "b: 1 replica, 1.0 KiB, to be read; it is away; it failed 2 times: no answer",
  );
});
