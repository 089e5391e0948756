// The format of a disk backend's files, and how it treats truncated or changed ones.
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { Disk } from "../../../src/backends/disk/files.ts";
import { failure, md5, put, read, writeAll } from "../../contracts/backend-contract.ts";
import { BYTES, inParts, KEY, list, onDisk, PART, type TestDisk } from "./support.ts";

describe("a file", () => {
  const file = ({ directory }: TestDisk) => join(directory, "data", KEY);

  it("holds the bytes, a CRC-32 of each 64 KiB of them, and a trailer of 64 bytes", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    const stored = await readFile(file(disk));
    expect(stored.subarray(0, BYTES.length).equals(BYTES)).toBe(true);
    const blocks = [0, 1, 2, 3, 4].map((block) => BYTES.subarray(block * 65_536, (block + 1) * 65_536));
    expect(stored.subarray(BYTES.length, -64).toString("hex")).toBe(
      blocks.map((block) => crc32(block).toString(16).padStart(8, "0")).join(""),
    );
    expect(stored.subarray(-64).toString()).toBe(`${`\nnearbucket2 ${md5(BYTES)} 300000`.padEnd(63)}\n`);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["cut within its bytes", (path) => truncate(path, 1000)],
    ["cut within its trailer", (path) => truncate(path, BYTES.length + 30)],
    ["cut to nothing", (path) => truncate(path, 0)],
    ["with bytes after its end", (path) => appendFile(path, "more")],
    ["of another program", (path) => writeFile(path, "x".repeat(1000))],
  ])("is corrupt, and listed with an empty ETag, when %s", async (_, harm) => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await harm(file(disk));
    expect((await failure(disk.backend.open(KEY))).fault).toBe("corrupt");
    expect((await failure(disk.backend.stat(KEY))).fault).toBe("corrupt");
    expect(await list(disk)).toMatchObject([{ key: KEY, etag: "" }]);
  });

  it("that is cut while it is read makes the body fail, not end", async () => {
    await using disk = await onDisk();
    const large = randomBytes(3 * 1024 * 1024);
    await put(disk.backend, KEY, large);
    const { body } = await disk.backend.open(KEY);
    await truncate(file(disk), 10_000);
    expect((await failure(buffer(body))).fault).toBe("corrupt");
  });

  it("can be read to its end after it was deleted", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    const { body } = await disk.backend.open(KEY);
    await disk.backend.delete(KEY);
    expect((await buffer(body)).equals(BYTES)).toBe(true);
  });

  it("that stands where a directory is, is refused and leaves nothing in tmp/", async () => {
    await using disk = await onDisk();
    await mkdir(file(disk), { recursive: true });
    expect((await failure(put(disk.backend, KEY, BYTES))).fault).toBe("refused");
    await vi.waitFor(async () => expect(await readdir(join(disk.directory, "tmp"))).toEqual([]));
  });

  it("given up leaves nothing in tmp/", async () => {
    await using disk = await onDisk();
    const sink = disk.backend.write(KEY, 8 * 1024 * 1024);
    await sink.write(Buffer.alloc(4 * 1024 * 1024));
    expect(await readdir(join(disk.directory, "tmp"))).toHaveLength(1);
    sink.abort();
    await vi.waitFor(async () => expect(await readdir(join(disk.directory, "tmp"))).toEqual([]));
    expect((await failure(sink.finish())).fault).toBe("unavailable");
    expect((await failure(Promise.resolve(sink.write(Buffer.alloc(1))))).fault).toBe("unavailable");
  });
});

describe("a file call", () => {
  it.each([
    ["ENOSPC", "refused"],
    ["EDQUOT", "refused"],
    ["EROFS", "refused"],
    ["EACCES", "refused"],
    ["EIO", "unavailable"],
    ["EMFILE", "unavailable"],
    ["ENOENT", "absent"],
  ])("that fails with %s means %s", async (code, fault) => {
    await using disk = await onDisk();
    const files = new Disk("disk", disk.directory, true);
    expect((await files.translate(Object.assign(new Error(code), { code }), "x")).fault).toBe(fault);
  });
});

describe("an object uploaded in parts", () => {
  const parts = ({ directory }: TestDisk) => join(directory, "data", `${KEY}.parts`);

  it("consists of the files of its parts: no byte is written twice", async () => {
    await using disk = await onDisk();
    const id = await disk.backend.createUpload(KEY);
    const part = await writeAll(disk.backend.writePart(KEY, id, 1, PART), BYTES.subarray(0, PART));
    const before = await stat(join(disk.directory, "uploads", id, "00001"));
    await disk.backend.completeUpload(KEY, id, [{ partNumber: 1, ...part }]);
    expect((await stat(join(parts(disk), "00001"))).ino).toBe(before.ino);
    expect(await readdir(join(disk.directory, "uploads"))).toEqual([]);
  });

  it("has a body that fails when a part is gone or cut", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    expect((await read(disk.backend, KEY)).equals(BYTES)).toBe(true);
    await truncate(join(parts(disk), "00002"), 5000);
    expect((await failure(read(disk.backend, KEY))).fault).toBe("corrupt");
    await rm(join(parts(disk), "00002"));
    expect((await failure(read(disk.backend, KEY))).fault).toBe("absent");
  });

  it.each([
    "",
    "{",
    "{}\n",
    '{"etag":"x","size":1,"parts":[]}\n',
    '{"etag":"x","size":1,"parts":[{"file":"../../x","size":1}]}\n',
  ])("is corrupt when its manifest is %j", async (text) => {
    await using disk = await onDisk();
    await inParts(disk);
    await writeFile(join(parts(disk), "manifest"), text);
    expect((await failure(disk.backend.open(KEY))).fault).toBe("corrupt");
    expect((await failure(disk.backend.stat(KEY))).fault).toBe("corrupt");
  });

  it("is deleted completely", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    await disk.backend.delete(KEY);
    expect(await readdir(join(disk.directory, "data", "blobs", "ab"))).toEqual([]);
    expect(await readdir(join(disk.directory, "tmp"))).toEqual([]);
  });
});
