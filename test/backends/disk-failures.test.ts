// What a disk backend makes of a disk that is away, another one, full of holes or cut.
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { type DiskBackendOptions, openDiskBackend } from "../../src/backends/disk-backend.ts";
import { Disk } from "../../src/backends/disk-files.ts";
import { failure, md5, put, read, writeAll } from "../contracts/backend-contract.ts";

const KEY = "blobs/ab/one";
const BYTES = randomBytes(300_000);
const PART = 100_000;

/** A directory with a disk in it, and a way to open another backend on it. */
async function onDisk() {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-disk-"));
  const directory = join(root, "disk");
  const open = (options: Partial<DiskBackendOptions> = {}) => openDiskBackend({ name: "disk", region: "here", directory, durable: false, ...options });
  return { root, directory, open, backend: await open(), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

type TestDisk = Awaited<ReturnType<typeof onDisk>>;

const list = async ({ backend }: TestDisk) => {
  const listed: { key: string; size: number; etag: string }[] = [];
  for await (const { key, size, etag } of backend.list("")) listed.push({ key, size, etag });
  return listed;
};

async function inParts({ backend }: TestDisk): Promise<void> {
  const id = await backend.createUpload(KEY);
  const parts: { partNumber: number; etag: string }[] = [];
  for (let n = 0; n < 3; n++)
    parts.push({ partNumber: n + 1, ...(await writeAll(backend.writePart(KEY, id, n + 1, PART), BYTES.subarray(n * PART, (n + 1) * PART))) });
  await backend.completeUpload(KEY, id, parts);
}

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
  ["probe", ({ backend }) => backend.probe(AbortSignal.timeout(5000))],
];

describe("a disk that is not mounted", () => {
  it.each(calls)("answers unavailable, never absent: %s", async (_, call) => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await mkdir(disk.directory);
    expect((await failure(call(disk))).fault).toBe("unavailable");
    expect(await readdir(disk.directory)).toEqual([]);
  });

  it.each(calls)("answers so when not even its directory is there: %s", async (_, call) => {
    await using disk = await onDisk();
    await rename(disk.directory, `${disk.directory}-away`);
    expect((await failure(call(disk))).fault).toBe("unavailable");
  });

  it("is the same as before when it is back", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await failure(disk.backend.stat(KEY));
    await rename(`${disk.directory}-away`, disk.directory);
    expect((await read(disk.backend, KEY)).equals(BYTES)).toBe(true);
  });

  it("is not replaced by another disk", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    await disk.open();
    expect(await failure(disk.backend.stat(KEY))).toMatchObject({ fault: "unavailable", message: expect.stringContaining("another disk") });
  });

  it("opens without being made, where it must not be made, and serves when it comes", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await rename(disk.directory, `${disk.directory}-away`);
    const early = await disk.open({ create: false });
    expect((await failure(early.probe(AbortSignal.timeout(5000)))).fault).toBe("unavailable");
    await rename(`${disk.directory}-away`, disk.directory);
    await early.probe(AbortSignal.timeout(5000));
    expect((await early.stat(KEY)).size).toBe(BYTES.length);
  });
});

describe("opening a disk", () => {
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
    expect((await failure(disk.open({ directory: join(disk.root, "home") }))).fault).toBe("refused");
  });

  it("finishes a making that was cut before the marker", async () => {
    await using disk = await onDisk();
    await mkdir(join(disk.root, "half", "data"), { recursive: true });
    const half = await disk.open({ directory: join(disk.root, "half") });
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

  it("is no way in by an upload's id either", async () => {
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
    expect((await failure(writeAll(disk.backend.writePart("blobs/ab/two", id, 1, 3), Buffer.from("one")))).fault).toBe("absent");
    await disk.backend.abortUpload("blobs/ab/two", id);
    await writeAll(disk.backend.writePart(KEY, id, 1, 3), Buffer.from("one"));
  });
});

describe("a file", () => {
  const file = ({ directory }: TestDisk) => join(directory, "data", KEY);

  it("holds the bytes and then a trailer of 64 bytes", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    const stored = await readFile(file(disk));
    expect(stored.subarray(0, -64).equals(BYTES)).toBe(true);
    expect(stored.subarray(-64).toString()).toBe(`${`\nnearbucket ${md5(BYTES)} 300000`.padEnd(63)}\n`);
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

  it("is not needed by its name once it is open", async () => {
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
    const files = new Disk("disk", disk.directory, true, undefined);
    expect((await files.translate(Object.assign(new Error(code), { code }), "x")).fault).toBe(fault);
  });
});

describe("an object uploaded in parts", () => {
  const parts = ({ directory }: TestDisk) => join(directory, "data", `${KEY}.parts`);

  it("is the very files of its parts: no byte is written twice", async () => {
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

  it.each(["", "{", "{}\n", '{"etag":"x","size":1,"parts":[]}\n', '{"etag":"x","size":1,"parts":[{"file":"../../x","size":1}]}\n'])(
    "is corrupt when its manifest is %j",
    async (text) => {
      await using disk = await onDisk();
      await inParts(disk);
      await writeFile(join(parts(disk), "manifest"), text);
      expect((await failure(disk.backend.open(KEY))).fault).toBe("corrupt");
      expect((await failure(disk.backend.stat(KEY))).fault).toBe("corrupt");
    },
  );

  it("goes whole when it is deleted", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    await disk.backend.delete(KEY);
    expect(await readdir(join(disk.directory, "data", "blobs", "ab"))).toEqual([]);
    expect(await readdir(join(disk.directory, "tmp"))).toEqual([]);
  });
});
