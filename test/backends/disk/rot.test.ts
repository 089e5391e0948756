// Bytes on a disk that are not what was written are never given out, in a whole read or in a range. Files of the first
// version are read as before.
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockChecksums, blocksFit, tableSize, tableSizeWithin } from "../../../src/backends/disk/block-checksums.ts";
import { failure, md5, put, read, writeAll } from "../../contracts/backend-contract.ts";
import { BYTES, inParts, KEY, list, onDisk, PART, type TestDisk } from "./support.ts";

const BLOCK = 64 * 1024;
const file = ({ directory }: TestDisk, key = KEY) => join(directory, "data", key);

async function flip(path: string, at: number): Promise<void> {
  const handle = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
  await handle.close();
}

/** What a reader gets before the body fails, and how it fails. */
async function readUntilFailure({ backend }: TestDisk, range?: { first: number; last: number }) {
  const { body } = await backend.open(KEY, range);
  const chunks: Buffer[] = [];
  body.on("data", (chunk: Buffer) => chunks.push(chunk));
  const { fault } = await failure(finished(body));
  return { got: Buffer.concat(chunks), fault };
}

describe("a byte that changed on the disk", () => {
  it.each([1, 4096, BLOCK])("makes an object of %i bytes corrupt", async (size) => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, randomBytes(size));
    await flip(file(disk), size - 1);
    expect((await failure(disk.backend.open(KEY))).fault).toBe("corrupt");
    expect((await failure(disk.backend.open(KEY, { first: 0, last: 0 }))).fault).toBe("corrupt");
    expect((await failure(disk.backend.read(KEY, size))).fault).toBe("corrupt");
  });

  it("ends a read before its block", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await flip(file(disk), 3 * BLOCK + 17);
    const { got, fault } = await readUntilFailure(disk);
    expect(fault).toBe("corrupt");
    expect(got.equals(BYTES.subarray(0, 2 * BLOCK))).toBe(true);
  });

  it("fails each range that touches its block, and no other", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await flip(file(disk), 2 * BLOCK);
    for (const range of [
      { first: 2 * BLOCK + 100, last: 2 * BLOCK + 199 },
      { first: 2 * BLOCK - 10, last: 2 * BLOCK },
      { first: 3 * BLOCK - 1, last: 3 * BLOCK - 1 },
    ])
      expect(await readUntilFailure(disk, range)).toEqual({ got: Buffer.alloc(0), fault: "corrupt" });
    for (const [first, last] of [
      [0, 2 * BLOCK - 1],
      [3 * BLOCK, BYTES.length - 1],
    ] as const)
      expect((await read(disk.backend, KEY, { first, last })).equals(BYTES.subarray(first, last + 1))).toBe(true);
  });

  it("among the checksums makes its block corrupt, and in the trailer the whole file", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    await flip(file(disk), BYTES.length + 1);
    expect((await readUntilFailure(disk)).fault).toBe("corrupt");
    await flip(file(disk), BYTES.length + 5 * 4 + 1);
    expect((await failure(disk.backend.open(KEY))).fault).toBe("corrupt");
  });

  it("in a part ends a read of the whole, and fails a range of it", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    await flip(join(`${file(disk)}.parts`, "00002"), 10);
    expect((await readUntilFailure(disk)).got.equals(BYTES.subarray(0, PART))).toBe(true);
    const range = { first: PART + 5, last: PART + 5 };
    expect(await readUntilFailure(disk, range)).toEqual({ got: Buffer.alloc(0), fault: "corrupt" });
  });
});

describe("files that changed places", () => {
  it("show it by their ETags", async () => {
    await using disk = await onDisk();
    const other = randomBytes(BYTES.length);
    await put(disk.backend, KEY, BYTES);
    await put(disk.backend, "blobs/ab/two", other);
    await rename(file(disk, "blobs/ab/two"), file(disk));
    expect((await disk.backend.stat(KEY)).etag).toBe(md5(other));
  });

  it("among the parts of an object end a read", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    const part = (name: string) => join(`${file(disk)}.parts`, name);
    await rename(part("00001"), part("aside"));
    await rename(part("00002"), part("00001"));
    await rename(part("aside"), part("00002"));
    expect(await readUntilFailure(disk)).toEqual({ got: Buffer.alloc(0), fault: "corrupt" });
  });

  it("as blocks of one file end a read", async () => {
    await using disk = await onDisk();
    await put(disk.backend, KEY, BYTES);
    const stored = await readFile(file(disk));
    const swapped = [stored.subarray(BLOCK, 2 * BLOCK), stored.subarray(0, BLOCK), stored.subarray(2 * BLOCK)];
    await writeFile(file(disk), Buffer.concat(swapped));
    expect(await readUntilFailure(disk)).toEqual({ got: Buffer.alloc(0), fault: "corrupt" });
  });
});

describe("a file of the first version", () => {
  const firstTrailer = (bytes: Buffer) => Buffer.from(`${`\nnearbucket ${md5(bytes)} ${bytes.length}`.padEnd(63)}\n`);
  const sizes = [0, 1, 4096, BLOCK - 1, BLOCK, BLOCK + 3, BLOCK + 8, 300_000];

  it.each(sizes)("of %i bytes is read, whole and in ranges", async (size) => {
    await using disk = await onDisk();
    const bytes = randomBytes(size);
    await mkdir(dirname(file(disk)), { recursive: true });
    await writeFile(file(disk), Buffer.concat([bytes, firstTrailer(bytes)]));
    expect(await disk.backend.stat(KEY)).toEqual({ size, etag: md5(bytes) });
    expect((await read(disk.backend, KEY)).equals(bytes)).toBe(true);
    if (size < 2) return;
    const range = { first: 1, last: size - 1 };
    expect((await read(disk.backend, KEY, range)).equals(bytes.subarray(1))).toBe(true);
  });

  it("is read as a part too, under a manifest without the parts' ETags", async () => {
    await using disk = await onDisk();
    const directory = `${file(disk)}.parts`;
    await mkdir(directory, { recursive: true });
    const parts = [BYTES.subarray(0, PART), BYTES.subarray(PART)];
    for (const [index, part] of parts.entries())
      await writeFile(join(directory, `0000${index + 1}`), Buffer.concat([part, firstTrailer(part)]));
    const manifest = {
      etag: "of-the-whole-2",
      size: BYTES.length,
      parts: parts.map((part, index) => ({ file: `0000${index + 1}`, size: part.length })),
    };
    await writeFile(join(directory, "manifest"), `${JSON.stringify(manifest)}\n`);
    expect((await read(disk.backend, KEY)).equals(BYTES)).toBe(true);
  });
});

describe("block checksums", () => {
  it("are the same for any chunks, and as long as they are said to be", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 * BLOCK + 10 }),
        fc.array(fc.integer({ min: 0, max: 2 * BLOCK }), { maxLength: 5 }),
        (size, cuts) => {
          const bytes = Buffer.alloc(size, "abcdefg");
          const checksums = new BlockChecksums();
          const bounds = [0, ...cuts.map((cut) => Math.min(cut, size)).sort((a, b) => a - b), size];
          for (const [index, from] of bounds.slice(0, -1).entries())
            checksums.add(bytes.subarray(from, bounds[index + 1]));
          const table = checksums.table();
          expect(table.length).toBe(tableSize(size));
          expect(tableSizeWithin(size + table.length)).toBe(table.length);
          expect(blocksFit(bytes, 0, table)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});

it("writes parts with checksums into an object that names them", async () => {
  await using disk = await onDisk();
  const id = await disk.backend.createUpload(KEY);
  const part = await writeAll(disk.backend.writePart(KEY, id, 7, PART), BYTES.subarray(0, PART));
  await disk.backend.completeUpload(KEY, id, [{ partNumber: 7, ...part }]);
  const manifest = JSON.parse(await readFile(join(`${file(disk)}.parts`, "manifest"), "utf8"));
  expect(manifest.parts).toEqual([{ file: "00007", size: PART, etag: part.etag }]);
});

describe("a listing", () => {
  it("shows what is not whole with an ETag that no object has, and everything else", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    const [cut, whole] = ["blobs/aa/cut", "blobs/zz/whole"];
    for (const key of [cut, whole]) await put(disk.backend, key, BYTES);
    await truncate(file(disk, cut), 1000);
    await writeFile(join(`${file(disk)}.parts`, "manifest"), "{");
    const expected = (await list(disk)).map(({ key, etag }) => [key, etag]);
    expect(expected).toEqual([
      [cut, ""],
      [KEY, ""],
      [whole, md5(BYTES)],
    ]);
    await rm(join(`${file(disk)}.parts`, "manifest"));
    expect((await list(disk)).map(({ key, etag }) => [key, etag])).toEqual(expected);
    await disk.backend.delete(KEY);
    expect((await list(disk)).map(({ key }) => key)).toEqual([cut, whole]);
  });
});
