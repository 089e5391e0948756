/** The contract of every Backend. The test of each kind runs it with a function that opens an empty backend. */
import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, BackendError, type ListedBlob, type Sink } from "../../src/backends/backend.ts";
import { IDENTITY, identityContract } from "./identity-contract.ts";
import { listingContract } from "./listing-contract.ts";

export interface OpenedForTest {
  readonly backend: Backend;
  close(): Promise<void>;
}

const PART = 5 * 1024 * 1024;
let serial = 0;
/** A key that no other test uses. */
const freshKey = () => `blobs/ab/${serial++}-${randomBytes(6).toString("hex")}`;
export const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

/** Writes `bytes` in chunks, minding the pace, and finishes. */
export async function writeAll(sink: Sink, bytes: Buffer, chunkSize = 64 * 1024): Promise<{ readonly etag: string }> {
  for (let at = 0; at < bytes.length; at += chunkSize) await sink.write(bytes.subarray(at, at + chunkSize));
  return sink.finish();
}

export const put = (backend: Backend, key: string, bytes: Buffer) => writeAll(backend.write(key, bytes.length), bytes);
export const read = async (backend: Backend, key: string, range?: { first: number; last: number }) =>
  buffer((await backend.open(key, range)).body);

async function keysOf(listing: AsyncIterable<ListedBlob>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

/** The BackendError a promise rejects with; fails the test when it resolves or rejects with anything else. */
export async function failure(promise: Promise<unknown>): Promise<BackendError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome && outcome.error instanceof BackendError) return outcome.error;
  throw new Error("expected a BackendError", { cause: "error" in outcome ? outcome.error : outcome.value });
}

export function backendContract(name: string, open: () => Promise<OpenedForTest>): void {
  describe(`${name} as a backend`, () => {
    let opened: OpenedForTest;
    let backend: Backend;
    beforeAll(async () => {
      opened = await open();
      backend = opened.backend;
      await backend.establish(IDENTITY);
    });
    afterAll(() => opened?.close());

    describe("writing", () => {
      it.each([0, 1, 4096, 65_536, 300_000, 3 * 1024 * 1024 + 1])(
        "keeps %i bytes with their md5 as ETag",
        async (size) => {
          const [key, bytes] = [freshKey(), randomBytes(size)];
          expect(await put(backend, key, bytes)).toEqual({ etag: md5(bytes) });
          expect(await backend.stat(key)).toEqual({ size, etag: md5(bytes) });
          const found = await backend.open(key);
          expect({ size: found.size, etag: found.etag }).toEqual({ size, etag: md5(bytes) });
          expect((await buffer(found.body)).equals(bytes)).toBe(true);
        },
      );

      it("shows nothing under the key before finish", async () => {
        const [key, bytes] = [freshKey(), randomBytes(200_000)];
        const sink = backend.write(key, bytes.length);
        await sink.write(bytes);
        expect((await failure(backend.stat(key))).fault).toBe("absent");
        await sink.finish();
        expect((await backend.stat(key)).size).toBe(bytes.length);
      });

      it.each([1000, 200_000, 2 * 1024 * 1024])(
        "leaves nothing when a write of %i bytes is given up after its last byte",
        async (size) => {
          const key = freshKey();
          const sink = backend.write(key, size);
          await sink.write(randomBytes(size));
          sink.abort();
          sink.abort();
          expect((await failure(backend.stat(key))).fault).toBe("absent");
        },
      );

      it("refuses to finish a write with too few bytes", async () => {
        const key = freshKey();
        const sink = backend.write(key, 100_000);
        await sink.write(randomBytes(60_000));
        expect((await failure(sink.finish())).fault).toBe("refused");
        expect((await failure(backend.stat(key))).fault).toBe("absent");
      });

      it("replaces the former object", async () => {
        const key = freshKey();
        await put(backend, key, Buffer.from("before"));
        await put(backend, key, Buffer.from("after that"));
        expect(String(await read(backend, key))).toBe("after that");
      });

      it("takes many writes at once", async () => {
        const written = Array.from({ length: 40 }, (_, n) => ({ key: freshKey(), bytes: randomBytes(n * 1000) }));
        await Promise.all(written.map(({ key, bytes }) => put(backend, key, bytes)));
        const found = await Promise.all(written.map(({ key }) => read(backend, key)));
        expect(found.map(md5)).toEqual(written.map(({ bytes }) => md5(bytes)));
      });
    });

    describe("reading", () => {
      const bytes = randomBytes(700_000);
      const key = freshKey();
      beforeAll(() => put(backend, key, bytes));

      it.each([
        [0, 0],
        [0, 699_999],
        [1, 4096],
        [65_535, 65_536],
        [300_000, 650_000],
        [699_999, 699_999],
      ])("gives bytes %i to %i, and the size of the whole", async (first, last) => {
        const found = await backend.open(key, { first, last });
        expect(found.size).toBe(bytes.length);
        expect(found.etag).toBe(md5(bytes));
        expect((await buffer(found.body)).equals(bytes.subarray(first, last + 1))).toBe(true);
      });

      it.each([
        ["the whole", undefined],
        ["a piece", { first: 65_000, last: 70_000 }],
      ])("gives %s at once, and nothing of another length than expected", async (_, range) => {
        const expected = range === undefined ? bytes : bytes.subarray(range.first, range.last + 1);
        const found = await backend.read(key, expected.length, range);
        expect({ size: found.size, etag: found.etag }).toEqual({ size: bytes.length, etag: md5(bytes) });
        expect(found.bytes.equals(expected)).toBe(true);
        for (const length of [expected.length - 1, expected.length + 1])
          expect((await failure(backend.read(key, length, range))).fault).toBe("corrupt");
        expect((await failure(backend.read(freshKey(), 10))).fault).toBe("absent");
      });

      it("answers a range beyond the object's end with corrupt: the caller knows its size", async () => {
        expect((await failure(backend.open(key, { first: 0, last: 700_000 }))).fault).toBe("corrupt");
        expect((await failure(backend.open(key, { first: 700_000, last: 700_001 }))).fault).toBe("corrupt");
      });

      it("answers absent for a key that was never written", async () => {
        const missing = freshKey();
        expect((await failure(backend.open(missing))).fault).toBe("absent");
        expect((await failure(backend.open(missing, { first: 0, last: 1 }))).fault).toBe("absent");
        expect((await failure(backend.stat(missing))).fault).toBe("absent");
      });
    });

    describe("deleting", () => {
      it("removes the key, and deleting it again succeeds", async () => {
        const key = freshKey();
        await put(backend, key, Buffer.from("gone soon"));
        await backend.delete(key);
        expect((await failure(backend.open(key))).fault).toBe("absent");
        await backend.delete(key);
      });
    });

    describe("uploads in parts", () => {
      const parts = [randomBytes(PART), randomBytes(PART), randomBytes(1234)];
      const whole = Buffer.concat(parts);
      const etag = `${md5(Buffer.concat(parts.map((part) => Buffer.from(md5(part), "hex"))))}-3`;

      async function uploadParts(key: string, id: string): Promise<{ partNumber: number; etag: string }[]> {
        const done: { partNumber: number; etag: string }[] = [];
        for (const [index, part] of parts.entries()) {
          const written = await writeAll(backend.writePart(key, id, index + 1, part.length), part);
          expect(written).toEqual({ etag: md5(part) });
          done.push({ partNumber: index + 1, ...written });
        }
        return done;
      }

      it("become one object with the md5 of md5s as ETag, readable across its parts", async () => {
        const key = freshKey();
        const id = await backend.createUpload(key);
        const done = await uploadParts(key, id);
        expect((await failure(backend.stat(key))).fault).toBe("absent");
        expect(await backend.completeUpload(key, id, done)).toEqual({ etag });
        expect(await backend.stat(key)).toEqual({ size: whole.length, etag });
        expect((await read(backend, key)).equals(whole)).toBe(true);
        const [first, last] = [PART - 10, 2 * PART + 9];
        expect((await read(backend, key, { first, last })).equals(whole.subarray(first, last + 1))).toBe(true);
        const again = await backend.completeUpload(key, id, done).catch((error: BackendError) => error.fault);
        expect(["absent", JSON.stringify({ etag })]).toContain(
          typeof again === "string" ? again : JSON.stringify(again),
        );
        await backend.abortUpload(key, id);
        expect((await backend.stat(key)).size).toBe(whole.length);
        await backend.delete(key);
        expect((await failure(backend.stat(key))).fault).toBe("absent");
      });

      it("take the last write of a part, omit parts that are not named, and accept gaps in the numbers", async () => {
        const key = freshKey();
        const id = await backend.createUpload(key);
        await writeAll(backend.writePart(key, id, 2, 3), Buffer.from("old"));
        const two = await writeAll(backend.writePart(key, id, 2, PART), parts[0] ?? Buffer.alloc(0));
        await writeAll(backend.writePart(key, id, 4, 7), Buffer.from("unnamed"));
        const nine = await writeAll(backend.writePart(key, id, 9, 4), Buffer.from("last"));
        await backend.completeUpload(key, id, [
          { partNumber: 2, ...two },
          { partNumber: 9, ...nine },
        ]);
        expect(
          (await read(backend, key)).equals(Buffer.concat([parts[0] ?? Buffer.alloc(0), Buffer.from("last")])),
        ).toBe(true);
      });

      it("refuse to complete with a part that is missing or differs", async () => {
        const key = freshKey();
        const id = await backend.createUpload(key);
        const one = await writeAll(backend.writePart(key, id, 1, 3), Buffer.from("one"));
        expect((await failure(backend.completeUpload(key, id, [{ partNumber: 2, ...one }]))).fault).toBe("refused");
        expect(
          (await failure(backend.completeUpload(key, id, [{ partNumber: 1, etag: md5(Buffer.from("two")) }]))).fault,
        ).toBe("refused");
        expect(await backend.completeUpload(key, id, [{ partNumber: 1, ...one }])).toHaveProperty("etag");
      });

      it("can be aborted by id or by key, repeatedly, and then accept no parts", async () => {
        const key = freshKey();
        const [first, second, other] = [
          await backend.createUpload(key),
          await backend.createUpload(key),
          await backend.createUpload(key),
        ];
        await writeAll(backend.writePart(key, first, 1, 3), Buffer.from("one"));
        await backend.abortUpload(key, first);
        await backend.abortUpload(key, first);
        expect((await failure(writeAll(backend.writePart(key, first, 1, 3), Buffer.from("one")))).fault).toBe("absent");
        await backend.abortUpload(key);
        await backend.abortUpload(key);
        for (const id of [second, other])
          expect(
            (await failure(backend.completeUpload(key, id, [{ partNumber: 1, etag: md5(Buffer.from("one")) }]))).fault,
          ).toBe("absent");
      });

      it("leave nothing of a part that was aborted", async () => {
        const key = freshKey();
        const id = await backend.createUpload(key);
        const sink = backend.writePart(key, id, 1, 100_000);
        await sink.write(randomBytes(100_000));
        sink.abort();
        expect(
          (await failure(backend.completeUpload(key, id, [{ partNumber: 1, etag: md5(Buffer.from("x")) }]))).fault,
        ).toBe("refused");
        await backend.abortUpload(key, id);
      });
    });

    describe("listing", () => {
      it("gives every key below a prefix in byte order, with size, ETag and time", async () => {
        const root = `list-${randomBytes(4).toString("hex")}`;
        const names = ["a/b", "a-b", "a0", "a/c/d", "B", "a/c-d", "z"];
        for (const name of names) await put(backend, `${root}/${name}`, Buffer.from(name));
        expect(await keysOf(backend.list(`${root}/`))).toEqual(
          ["B", "a-b", "a/b", "a/c-d", "a/c/d", "a0", "z"].map((name) => `${root}/${name}`),
        );
        expect(await keysOf(backend.list(`${root}/a/c`))).toEqual([`${root}/a/c-d`, `${root}/a/c/d`]);
        for await (const listed of backend.list(`${root}/z`)) {
          expect(listed).toMatchObject({ key: `${root}/z`, size: 1, etag: md5(Buffer.from("z")) });
          expect(Math.abs(listed.modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
        }
        expect(await keysOf(backend.list(`${root}/none`))).toEqual([]);
      });

      listingContract(() => backend, put);

      it("shows objects uploaded in parts and no upload under way", async () => {
        const root = `list-${randomBytes(4).toString("hex")}`;
        await backend.createUpload(`${root}/open`);
        const id = await backend.createUpload(`${root}/done`);
        const part = await writeAll(backend.writePart(`${root}/done`, id, 1, 3), Buffer.from("one"));
        const { etag } = await backend.completeUpload(`${root}/done`, id, [{ partNumber: 1, ...part }]);
        const listed: ListedBlob[] = [];
        for await (const each of backend.list(root)) listed.push(each);
        expect(listed).toEqual([{ key: `${root}/done`, size: 3, etag, modifiedAt: expect.any(Date) }]);
        await backend.abortUpload(`${root}/open`);
      });
    });

    identityContract(() => backend, open);
  });
}
