// Pages of two listings as one: whatever stands on either side, the pages of both together are those of their union.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Listing, ListPage } from "../../src/metadata/objects.ts";
import { mergedPage, type Sides } from "../../src/takeover/merged-listing.ts";

type Keys = readonly string[];

const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const nameOf = (entry: Listing["entries"][number]) => ("object" in entry ? entry.object.key : entry.commonPrefix);

/** All that a listing shows of these keys, in order; objects are told by where they are from. */
function shown(keys: Keys, etag: string, { prefix, delimiter, after }: ListPage): Listing["entries"] {
  const common = { versionId: "null", size: 1, modifiedAt: new Date(0), checksum: undefined };
  const entries = keys.toSorted(byteOrder).flatMap((key): Listing["entries"] => {
    if (!key.startsWith(prefix)) return [];
    const at = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (at < 0) return [{ object: { ...common, key, etag, attributes: { metadata: {} } } }];
    return [{ commonPrefix: key.slice(0, at + (delimiter ?? "").length) }];
  });
  const distinct = [...new Map(entries.map((entry) => [nameOf(entry), entry])).values()];
  return distinct.filter((entry) => after === undefined || byteOrder(nameOf(entry), after) > 0);
}

function paged(all: Listing["entries"], size: number, isVague: boolean): Listing {
  const entries = all.slice(0, size);
  const [last] = entries.slice(-1);
  // A service may say that more follows where nothing does.
  const truncated = last !== undefined && (all.length > size || isVague);
  return { entries, truncated, next: truncated ? nameOf(last) : undefined };
}

interface Scene {
  readonly here: Keys;
  readonly there: Keys;
  readonly deleted: Keys;
  /** The most that each side tells at once. */
  readonly sizes: { readonly here: number; readonly there: number };
  readonly isVague: boolean;
}

const sidesOf = ({ here, there, deleted, sizes, isVague }: Scene): Sides => ({
  here: async (page) => paged(shown(here, "here", page), Math.min(page.limit, sizes.here), false),
  there: async (page) => paged(shown(there, "there", page), Math.min(page.limit, sizes.there), isVague),
  deleted: async (keys) => new Set(deleted.filter((key) => keys.includes(key))),
});

/** As one sorted union has it. */
function expected({ here, there, deleted }: Scene, page: ListPage): Listing["entries"] {
  const old = shown(there, "there", page).filter((entry) => !("object" in entry && deleted.includes(entry.object.key)));
  const both = new Map([...old, ...shown(here, "here", page)].map((entry) => [nameOf(entry), entry]));
  return [...both.values()].sort((a, b) => byteOrder(nameOf(a), nameOf(b)));
}

const character = fc.constantFrom("a", "b", "/", "/", "-", "\u{1F600}", "\uFFFD");
const text = fc.array(character, { minLength: 1, maxLength: 5 }).map((characters) => characters.join(""));
const keys = fc.uniqueArray(text, { maxLength: 20 });
const scene: fc.Arbitrary<Scene> = fc
  .record({
    ...{ here: keys, there: keys, shared: keys, deleted: keys },
    sizes: fc.record({ here: fc.integer({ min: 1, max: 30 }), there: fc.integer({ min: 1, max: 30 }) }),
    isVague: fc.boolean(),
  })
  .map(({ here, there, shared, deleted, ...more }) => ({
    here: [...new Set([...here, ...shared])],
    there: [...new Set([...there, ...shared, ...deleted])],
    ...{ deleted, ...more },
  }));
const start: fc.Arbitrary<Omit<ListPage, "limit">> = fc.record({
  prefix: fc.oneof(fc.constant(""), character),
  delimiter: fc.constantFrom(undefined, "/", "-", "a/"),
  after: fc.option(text, { nil: undefined }),
});

it("has pages that are those of the union, each as full as it can be and exact about its end", async () => {
  const property = fc.asyncProperty(scene, start, fc.integer({ min: 1, max: 12 }), async (given, from, limit) => {
    let left = expected(given, { ...from, limit });
    let { after } = from;
    for (;;) {
      const listing = await mergedPage({ ...from, after, limit }, sidesOf(given));
      const isMore = left.length > limit;
      const [last] = left.slice(0, limit).slice(-1);
      const next = isMore && last !== undefined ? nameOf(last) : undefined;
      expect(listing).toEqual({ entries: left.slice(0, limit), truncated: isMore, next });
      if (!isMore) return;
      left = left.slice(limit);
      after = next;
    }
  });
  await fc.assert(property, { numRuns: 1000 });
});

it("asks on where everything of a page was deleted", async () => {
  const there = Array.from({ length: 50 }, (_, at) => `k${100 + at}`);
  const given = { here: [], there, deleted: there.slice(0, 49), sizes: { here: 1, there: 7 }, isVague: false };
  const page = { prefix: "", delimiter: undefined, after: undefined, limit: 5 };
  const listing = await mergedPage(page, sidesOf(given));
  expect(listing).toMatchObject({ entries: [{ object: { key: "k149" } }], truncated: false });
});

it("asks each side for no more than the page can hold, and nobody where it holds nothing", async () => {
  const asked: [string, number][] = [];
  const sides = sidesOf({
    ...{ here: ["b", "c", "d"], there: ["a", "b"], deleted: [], isVague: false },
    sizes: { here: 9, there: 9 },
  });
  const watched: Sides = {
    here: (page) => sides.here(page).finally(() => asked.push(["here", page.limit])),
    there: (page) => sides.there(page).finally(() => asked.push(["there", page.limit])),
    deleted: sides.deleted,
  };
  const page = { prefix: "", delimiter: undefined, after: undefined };
  expect(await mergedPage({ ...page, limit: 2 }, watched)).toMatchObject({ truncated: true, next: "b" });
  expect(asked.sort()).toEqual([
    ["here", 3],
    ["there", 3],
  ]);
  expect(await mergedPage({ ...page, limit: 0 }, watched)).toEqual({ entries: [], truncated: false, next: undefined });
  expect(asked).toHaveLength(2);
});

it("fails where a side does", async () => {
  const sides = sidesOf({ here: ["a"], there: ["b"], deleted: [], sizes: { here: 1, there: 1 }, isVague: false });
  const page = { prefix: "", delimiter: undefined, after: undefined, limit: 1 };
  const away = () => Promise.reject(new Error("away"));
  await expect(mergedPage(page, { ...sides, there: away })).rejects.toThrow("away");
  await expect(mergedPage({ ...page, limit: 3 }, { ...sides, deleted: away })).rejects.toThrow("away");
});
