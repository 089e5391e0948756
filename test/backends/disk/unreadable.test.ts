// A file of which a block cannot be read (EIO) is damaged, as far as one can tell while the disk is in place: its
// object fails as one whose bytes changed, and everything else on the disk is read and listed as before.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failure, md5, put, read } from "../../contracts/backend-contract.ts";
import { openDisks } from "../../support/disks.ts";
import { openRig, statesOf } from "../../support/rig.ts";
import { BYTES, inParts, KEY, list, onDisk, type TestDisk } from "./support.ts";

const SMALL = randomBytes(5000);
const OTHER = "blobs/ab/other";
const DAMAGED = { fault: "corrupt", isSuspicion: true };
const fileOf = ({ directory }: TestDisk, key = KEY) => join(directory, "data", key);

afterEach(() => vi.restoreAllMocks());

/** From now on the system fails each read that touches this byte of the file as it is now; `beside` keeps its inode. */
async function makeUnreadable(path: string, beside: string, byte = 0): Promise<void> {
  await link(path, beside);
  const { ino, dev } = fs.statSync(path);
  const before = fs.read;
  const reading = (fd: number, buffer: Buffer, offset: number, length: number, position: number, done: Done) => {
    const file = fs.fstatSync(fd);
    const touches = file.ino === ino && file.dev === dev && position <= byte && byte < position + length;
    if (touches) process.nextTick(done, Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }));
    else before(fd, buffer, offset, length, position, done);
  };
  vi.spyOn(fs, "read").mockImplementation(reading as typeof fs.read);
}

type Done = (error: NodeJS.ErrnoException | null, count: number, buffer: Buffer) => void;

describe("a file with an unreadable block", () => {
  it.each([
    ["is small", SMALL, 0],
    ["is large and cannot be opened whole", BYTES, BYTES.length + 1],
  ])("makes its object damaged where it %s, and no other", async (_, bytes, byte) => {
    await using disk = await onDisk();
    for (const key of [KEY, OTHER]) await put(disk.backend, key, bytes);
    await makeUnreadable(fileOf(disk), join(disk.root, "kept"), byte);
    expect(await failure(disk.backend.open(KEY))).toMatchObject(DAMAGED);
    expect(await failure(disk.backend.read(KEY, bytes.length))).toMatchObject(DAMAGED);
    expect((await read(disk.backend, OTHER)).equals(bytes)).toBe(true);
  });

  it.each([
    ["one file", (disk: TestDisk) => put(disk.backend, KEY, BYTES), (path: string) => path],
    ["parts", inParts, (path: string) => join(`${path}.parts`, "00002")],
  ])("ends the body of an object in %s as damaged", async (_, store, pathOf) => {
    await using disk = await onDisk();
    await store(disk);
    await makeUnreadable(pathOf(fileOf(disk)), join(disk.root, "kept"), 70_000);
    const { body } = await disk.backend.open(KEY);
    expect(await failure(finished(body.resume()))).toMatchObject(DAMAGED);
  });

  it("has no stat, and is listed as one that is not whole, when its end is unreadable", async () => {
    await using disk = await onDisk();
    for (const key of [KEY, OTHER]) await put(disk.backend, key, SMALL);
    const { size } = fs.statSync(fileOf(disk));
    await makeUnreadable(fileOf(disk), join(disk.root, "kept"), size - 1);
    expect(await failure(disk.backend.stat(KEY))).toMatchObject(DAMAGED);
    expect(await list(disk)).toEqual([
      { key: KEY, size, etag: "" },
      { key: OTHER, size: SMALL.length, etag: md5(SMALL) },
    ]);
  });

  it("says nothing about its object while the disk is not in place", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, SMALL);
    await makeUnreadable(fileOf(disk), join(disk.root, "kept"));
    await rm(join(disk.directory, ".nearbucket-disk"));
    expect((await failure(disk.backend.open(KEY))).fault).toBe("unavailable");
  });
});

it("a copy with an unreadable block is read from the other disk, and replaced where it stands", async () => {
  await using disks = await openDisks(["a", "b"]);
  await using rig = await openRig({ backends: disks.backends });
  await rig.put("key", SMALL);
  const { storageKey } = await rig.blobOf("key");
  await makeUnreadable(join(disks.directoryOf("a"), "data", storageKey), join(disks.directoryOf("a"), "..", "kept"));
  expect((await rig.get("key", { order: ["a", "b"] })).equals(SMALL)).toBe(true);
  expect(await statesOf(rig, "key")).toEqual({ a: "lost", b: "verified" });
  await rig.upkeep.runDue();
  expect(await statesOf(rig, "key")).toEqual({ a: "verified", b: "verified" });
  expect((await rig.get("key", { order: ["a"] })).equals(SMALL)).toBe(true);
});
