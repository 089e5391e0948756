// An upload on a disk becomes an object of just the parts that were named, whatever is written meanwhile, and survives
// a process that dies in between.
import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { multipartEtag } from "../../../src/checksums/multipart-etag.ts";
import { failure, md5, read, writeAll } from "../../contracts/backend-contract.ts";
import { KEY, onDisk, type TestDisk } from "./support.ts";

const PARTS = 200;

async function uploadOf({ backend }: TestDisk, texts: readonly string[]) {
  const id = await backend.createUpload(KEY);
  const parts: { partNumber: number; etag: string }[] = [];
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    const { etag } = await writeAll(backend.writePart(KEY, id, index + 1, bytes.length), bytes);
    parts.push({ partNumber: index + 1, etag });
  }
  return { id, parts };
}

it("an upload is never there without its whole key, so that whoever finds it can end it", async () => {
  await using disk = await onDisk();
  const backend = await disk.open({ durable: true });
  const uploads = join(disk.directory, "uploads");
  const keys = new Map<string, string>();
  const watching = new AbortController();
  const looked = (async () => {
    while (!watching.signal.aborted)
      for (const name of await readdir(uploads))
        if (!keys.has(name)) keys.set(name, await readFile(join(uploads, name, "key"), "utf8").catch(String));
  })();
  for (let n = 0; n < 200; n++) await backend.createUpload(KEY);
  watching.abort();
  await looked;
  await backend.close();
  expect(new Set(keys.values())).toEqual(new Set([KEY]));
});

describe("an upload that is being completed", () => {
  it("takes no part any more: the object has the bytes of its ETag", async () => {
    await using disk = await onDisk();
    const { id, parts } = await uploadOf(disk, Array<string>(PARTS).fill("old"));
    const completed = disk.backend.completeUpload(KEY, id, parts);
    const late = writeAll(disk.backend.writePart(KEY, id, 1, 3), Buffer.from("new"));
    const [object, part] = await Promise.allSettled([completed, late]);
    if (object.status === "rejected") {
      expect(part.status).toBe("fulfilled");
      expect(await failure(completed)).toMatchObject({ fault: "refused" });
      return;
    }
    expect(object.value.etag).toBe(multipartEtag(parts.map(({ etag }) => etag)));
    expect(String(await read(disk.backend, KEY))).toBe("old".repeat(PARTS));
    expect((await disk.backend.stat(KEY)).etag).toBe(object.value.etag);
  });

  it("takes parts again when a part was refused", async () => {
    await using disk = await onDisk();
    const { id, parts } = await uploadOf(disk, ["one", "two"]);
    const other = parts.map((part) => ({ ...part, etag: md5(Buffer.from("another")) }));
    expect((await failure(disk.backend.completeUpload(KEY, id, other))).fault).toBe("refused");
    const again = await writeAll(disk.backend.writePart(KEY, id, 2, 3), Buffer.from("TWO"));
    const listed = [...parts.slice(0, 1), { partNumber: 2, ...again }];
    await disk.backend.completeUpload(KEY, id, listed);
    expect(String(await read(disk.backend, KEY))).toBe("oneTWO");
  });

  it("is completed or aborted by the next process when the first died", async () => {
    await using disk = await onDisk();
    const uploads = join(disk.directory, "uploads");
    for (const end of ["complete", "abort", "abort all"] as const) {
      const { id, parts } = await uploadOf(disk, ["one", "two"]);
      await rename(join(uploads, id), join(uploads, `${id}.sealed`));
      const next = await disk.open();
      if (end === "complete") {
        await next.completeUpload(KEY, id, parts);
        expect(String(await read(next, KEY))).toBe("onetwo");
      } else await next.abortUpload(KEY, end === "abort" ? id : undefined);
      expect(await readdir(uploads)).toEqual([]);
    }
  });

  it("takes the place of an object in parts that stands there", async () => {
    await using disk = await onDisk();
    for (const texts of [["former", "longer"], ["new"]]) {
      const { id, parts } = await uploadOf(disk, texts);
      await disk.backend.completeUpload(KEY, id, parts);
      expect((await read(disk.backend, KEY)).toString()).toBe(texts.join(""));
    }
    expect(await readdir(join(disk.directory, "tmp"))).toEqual([]);
  });
});
