import fc from "fast-check";
import { expect, it } from "vitest";
import type { ListPage, Objects } from "../../src/metadata/objects.ts";
import { claimAll, known, openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

type Names = readonly string[];

const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * What S3 shows, written down as plainly as possible: roll up everything, then cut. Common prefixes are told by a
 * leading "P".
 */
function expected(
  keys: Names,
  { prefix, delimiter, after, limit }: ListPage,
): { readonly shown: Names; readonly truncated: boolean } {
  const rolled = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      return at < 0
        ? { name: key, shown: `K${key}` }
        : {
            name: key.slice(0, at + (delimiter ?? "").length),
            shown: `P${key.slice(0, at + (delimiter ?? "").length)}`,
          };
    });
  const distinct = [...new Map(rolled.map((each) => [each.shown, each])).values()].sort((a, b) =>
    byteOrder(a.name, b.name),
  );
  const left = distinct.filter(({ name }) => after === undefined || byteOrder(name, after) > 0);
  return { shown: left.slice(0, limit).map(({ shown }) => shown), truncated: left.length > limit && limit > 0 };
}

async function list(objects: Objects, bucketId: number, page: ListPage) {
  const { entries, truncated, next } = await objects.list(bucketId, page);
  return {
    shown: entries.map((entry) => ("object" in entry ? `K${entry.object.key}` : `P${entry.commonPrefix}`)),
    truncated,
    next,
  };
}

const everything: ListPage = { prefix: "", delimiter: undefined, after: undefined, limit: 1000 };

onBothEngines("Listing", (store) => {
  async function fill(keys: Names) {
    const { metadata } = store();
    const place = await openPlace(metadata);
    if (keys[0] === undefined) return { metadata, ...place };
    await place.put(keys[0], "same");
    const blob = await place.blobOf(keys[0]);
    await Promise.all(keys.slice(1).map((key) => place.put(key, "same", { content: known(blob) })));
    return { metadata, ...place };
  }

  it("orders keys by their bytes, astral characters after the rest of the basic plane", async () => {
    const { metadata, bucket } = await fill(["\u{1F600}", "\uFFFD", "Z", "a", "é", "\u{10000}", "\uE000", "\uD7FF"]);
    const { shown } = await list(metadata.objects, bucket.id, everything);
    expect(shown).toEqual(["KZ", "Ka", "Ké", "K\uD7FF", "K\uE000", "K\uFFFD", "K\u{10000}", "K\u{1F600}"]);
  });

  it("finds a prefix that ends in the last or an edge character of a range", async () => {
    const { metadata, bucket } = await fill([
      "a\u{10FFFF}b",
      "a\u{10FFFF}",
      "b",
      "\uD7FFx",
      "\uE000x",
      "\u{10FFFF}\u{10FFFF}z",
    ]);
    for (const prefix of ["a\u{10FFFF}", "\uD7FF", "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}"]) {
      const { shown } = await list(metadata.objects, bucket.id, { ...everything, prefix });
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.every((name) => name.startsWith(`K${prefix}`))).toBe(true);
    }
  });

  it("continues after a marker that is no key, and skips the keys of a common prefix", async () => {
    const { metadata, bucket } = await fill(["a", "b/1", "b/2", "c/1", "d"]);
    const delimiter = "/";
    expect(await list(metadata.objects, bucket.id, { ...everything, delimiter, after: "aa" })).toMatchObject({
      shown: ["Pb/", "Pc/", "Kd"],
    });
    expect(await list(metadata.objects, bucket.id, { ...everything, delimiter, after: "b/" })).toMatchObject({
      shown: ["Pc/", "Kd"],
    });
    expect(await list(metadata.objects, bucket.id, { ...everything, delimiter, after: "b/1" })).toMatchObject({
      shown: ["Pc/", "Kd"],
    });
    expect(
      await list(metadata.objects, bucket.id, { ...everything, delimiter, prefix: "b/", after: "b/1" }),
    ).toMatchObject({ shown: ["Kb/2"] });
  });

  it("returns nothing and no next page for a limit of zero", async () => {
    const { metadata, bucket } = await fill(["a", "b"]);
    expect(await list(metadata.objects, bucket.id, { ...everything, limit: 0 })).toEqual({
      shown: [],
      truncated: false,
      next: undefined,
    });
  });

  it("counts a common prefix once however many keys it covers", async () => {
    const { metadata, bucket } = await fill(["a", ...Array.from({ length: 300 }, (_, at) => `b/${at}`), "c"]);
    const page = await list(metadata.objects, bucket.id, { ...everything, delimiter: "/", limit: 2 });
    expect(page).toEqual({ shown: ["Ka", "Pb/"], truncated: true, next: "b/" });
    expect(
      await list(metadata.objects, bucket.id, { ...everything, delimiter: "/", limit: 2, after: page.next }),
    ).toMatchObject({
      shown: ["Kc"],
      truncated: false,
    });
  });

  const character = fc.constantFrom("a", "b", "/", "/", "\u{1F600}", "é", "\uFFFF", "\u{10FFFF}");
  const text = fc.array(character, { minLength: 1, maxLength: 6 }).map((characters) => characters.join(""));
  const start = fc.array(character, { maxLength: 3 }).map((characters) => characters.join(""));

  it("agrees with a plain listing for every prefix, delimiter, marker and limit", async () => {
    const { metadata, bucket, put, blobOf } = await fill([]);
    await put("seed", "same");
    const content = known(await blobOf("seed"));
    const pages = fc.array(
      fc.record({
        prefix: start,
        delimiter: fc.option(fc.constantFrom("/", "a", "\u{1F600}", "//", "\u{10FFFF}"), { nil: undefined }),
        after: fc.option(text, { nil: undefined }),
        limit: fc.integer({ min: 1, max: 6 }),
      }),
      { minLength: 5, maxLength: 15 },
    );
    let kept: string[] = ["seed"];
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 25 }), pages, async (keys, some) => {
        await metadata.objects.deleteMany(
          bucket.id,
          kept.filter((key) => !keys.includes(key)).map((key) => ({ key })),
        );
        await Promise.all(keys.map((key) => put(key, "same", { content })));
        kept = keys;
        for (const page of some)
          expect(await list(metadata.objects, bucket.id, page)).toMatchObject(expected(keys, page));
      }),
      { numRuns: 40 },
    );
  });

  it("shows each name once, in order, when it is read page by page", async () => {
    const keys = Array.from({ length: 60 }, (_, at) => ["x", "y/", "z/\u{1F600}/"][at % 3] + String(at));
    const { metadata, bucket } = await fill(keys);
    for (const delimiter of [undefined, "/", "1"]) {
      const seen: string[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const page = await list(metadata.objects, bucket.id, { prefix: "", delimiter, after, limit: 7 });
        seen.push(...page.shown);
        after = page.next;
        more = page.truncated;
      }
      expect(seen).toEqual(expected(keys, { ...everything, delimiter }).shown);
    }
    expect(await claimAll(metadata)).toEqual([]);
  });

  it("leaves out the parts of objects, which may be many", async () => {
    const { metadata, bucket, put } = await fill([]);
    const parts = [
      { partNumber: 1, size: 2 },
      { partNumber: 2, size: 3 },
    ];
    await put("a/b", "hello", { parts });
    for (const delimiter of [undefined, ":"]) {
      const { entries } = await metadata.objects.list(bucket.id, { ...everything, delimiter });
      expect(entries).toEqual([{ object: expect.not.objectContaining({ parts: expect.anything() }) }]);
    }
    expect((await metadata.objects.find(bucket.name, "a/b")).found?.object.parts).toEqual(parts);
  });
});
