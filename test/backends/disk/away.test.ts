// A disk backend whose disk is missing or was replaced by another one, and keys that point outside the disk.
import { mkdir, readdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure, md5, put, read, writeAll } from "../../contracts/backend-contract.ts";
import { IDENTITY } from "../../contracts/identity-contract.ts";
import { BYTES, KEY, list, onDisk, type TestDisk } from "./support.ts";

const calls: [string, (disk: TestDisk) => Promise<unknown>][] = [
  ["open", ({ backend }) => backend.open(KEY)],
  ["open of a key never written", ({ backend }) => backend.open("blobs/ab/never")],
  ["stat", ({ backend }) => backend.stat(KEY)],
  ["delete", ({ backend }) => backend.delete(KEY)],
  ["list", list],
  ["write", ({ backend }) => put(backend, "blobs/ab/two", BYTES)],
  ["create an upload", ({ backend }) => backend.createUpload(KEY)],
  ["write a part", ({ backend }) => writeAll(backend.writePart(KEY, "0".repeat(32), 1, 3), Buffer.from("one"))],
  ["complete an upload", ({ backend }) => backend.completeUpload(KEY, "0".repeat(32), [])],
  ["abort an upload", ({ backend }) => backend.abortUpload(KEY, "0".repeat(32))],
  ["abort all uploads", ({ backend }) => backend.abortUpload(KEY)],
];
const soon = () => AbortSignal.timeout(5000);

describe("a disk that is not mounted", () => {
  it.each(calls)("answers unavailable, never absent: %s", async (_, call) => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await mkdir(disk.directory);
    expect((await failure(call(disk))).fault).toBe("unavailable");
    expect(await readdir(disk.directory)).toEqual([]);
  });

  it.each(calls)("answers unavailable when even its directory is missing: %s", async (_, call) => {
    await using disk = await onDisk();
    await rename(disk.directory, `${disk.directory}-away`);
    expect((await failure(call(disk))).fault).toBe("unavailable");
  });

  it("shows no identity and takes no small write", async () => {
    await using disk = await onDisk();
    await rename(disk.directory, `${disk.directory}-away`);
    expect((await failure(disk.backend.probe(soon(), IDENTITY))).fault).toBe("absent");
    await mkdir(disk.directory);
    expect((await failure(disk.backend.probe(soon(), IDENTITY))).fault).toBe("absent");
    expect((await failure(disk.backend.probeWrite(soon()))).fault).toBe("unavailable");
    expect(await readdir(disk.directory)).toEqual([]);
  });

  it("is the same as before when it is back", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await failure(disk.backend.stat(KEY));
    await rename(`${disk.directory}-away`, disk.directory);
    await disk.backend.probe(soon(), IDENTITY);
    expect((await read(disk.backend, KEY)).equals(BYTES)).toBe(true);
  });

  it("is not replaced by another disk", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await (await disk.open()).establish("another-disk");
    expect(await failure(disk.backend.stat(KEY))).toMatchObject({
      fault: "unavailable",
      message: expect.stringContaining("another disk"),
    });
    expect(await failure(disk.backend.probe(soon(), IDENTITY))).toMatchObject({
      fault: "corrupt",
      message: expect.stringContaining("it shows the identity another-disk"),
    });
  });

  it("is not made by opening it, and serves when it comes", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    const early = await disk.open();
    expect((await failure(early.probe(soon(), IDENTITY))).fault).toBe("absent");
    await rename(`${disk.directory}-away`, disk.directory);
    await early.probe(soon(), IDENTITY);
    expect((await early.stat(KEY)).size).toBe(BYTES.length);
  });
});

describe("establishing a disk", () => {
  it("keeps what was written before", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    const again = await disk.open();
    expect(await again.stat(KEY)).toEqual({ size: BYTES.length, etag: md5(BYTES) });
  });

  it("refuses a directory that holds something else", async () => {
    await using disk = await onDisk();
    await mkdir(join(disk.root, "home"));
    await writeFile(join(disk.root, "home", "letter.txt"), "dear");
    const home = await disk.open({ directory: join(disk.root, "home") });
    expect((await failure(home.establish(IDENTITY))).fault).toBe("refused");
    expect(await readdir(join(disk.root, "home"))).toEqual(["letter.txt"]);
  });

  it("finishes a making that was cut before the marker", async () => {
    await using disk = await onDisk();
    await mkdir(join(disk.root, "half", "data"), { recursive: true });
    const half = await disk.open({ directory: join(disk.root, "half") });
    await half.establish(IDENTITY);
    expect(await put(half, KEY, BYTES)).toEqual({ etag: md5(BYTES) });
  });

  it("sweeps what a dead process left in tmp/ a day ago, and nothing younger", async () => {
    await using disk = await onDisk();
    const tmp = join(disk.directory, "tmp");
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of ["old", "young"]) await writeFile(join(tmp, name), "half");
    await utimes(join(tmp, "old"), yesterday, yesterday);
    await disk.open();
    expect(await readdir(tmp)).toEqual(["young"]);
    await utimes(join(tmp, "young"), yesterday, yesterday);
    expect(await list(disk)).toEqual([]);
    expect(await readdir(tmp)).toEqual([]);
  });
});

describe("a key", () => {
  it.each([
    "",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "a/",
    ".hidden",
    "a\0b",
    "a\\b",
    "a b",
    "x.parts",
    "blobs/x.parts/00001",
    "é",
    "a".repeat(300),
  ])("that is no plain path is refused: %j", async (key) => {
    await using disk = await onDisk();
    expect(() => disk.backend.write(key, 1)).toThrow(expect.objectContaining({ fault: "refused" }));
    for (const call of [
      disk.backend.open(key),
      disk.backend.stat(key),
      disk.backend.delete(key),
      disk.backend.createUpload(key),
      disk.backend.completeUpload(key, "0".repeat(32), []),
    ])
      expect((await failure(call)).fault).toBe("refused");
  });

  it("cannot leave the disk by an upload's id either", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    for (const id of ["../data/blobs/ab", "..", "", "0".repeat(31)]) {
      expect(() => disk.backend.writePart(KEY, id, 1, 1)).toThrow(expect.objectContaining({ fault: "absent" }));
      expect((await failure(disk.backend.completeUpload(KEY, id, []))).fault).toBe("absent");
      await disk.backend.abortUpload(KEY, id);
    }
    expect((await disk.backend.stat(KEY)).size).toBe(BYTES.length);
  });

  it("of another upload does not reach it", async () => {
    await using disk = await onDisk();
    const id = await disk.backend.createUpload(KEY);
    expect((await failure(writeAll(disk.backend.writePart("blobs/ab/two", id, 1, 3), Buffer.from("one")))).fault).toBe(
      "absent",
    );
    await disk.backend.abortUpload("blobs/ab/two", id);
    await writeAll(disk.backend.writePart(KEY, id, 1, 3), Buffer.from("one"));
  });
});
