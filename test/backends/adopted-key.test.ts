// The storage keys of adopted objects: one for one with the keys that clients gave, in the same order, and plain.
import { expect, it } from "vitest";
import { adoptedKey, adopterOf, presentKey } from "../../src/backends/adopted-key.ts";
import { pathOfKey } from "../../src/backends/disk/layout.ts";
import { compareKeys } from "../../src/metadata/key-range.ts";

const KEYS = [
  ...["a", "a/b", "a//b", "/a", "a/", "%2F", "ü", "\u{10FFFF}", "a b+c", "-", "~", "\u0001", ".", "..", "a/../b"],
  ...[98, 99, 100, 197, 198, 199, 300, 400].flatMap((length) => ["a".repeat(length), `${"a".repeat(length)}/b`]),
];
const stored = (key: string) => adoptedKey("amsterdam", key) ?? "";

it("gives back the key that it was made from, on that backend alone", () => {
  for (const key of KEYS) {
    expect(presentKey("amsterdam", stored(key))).toBe(key);
    expect(presentKey("amster", stored(key))).toBeUndefined();
    expect(adopterOf(stored(key))).toBe("amsterdam");
  }
  expect(adopterOf("blobs/ab/cd")).toBeUndefined();
});

it("keeps the order of the keys", () => {
  expect(KEYS.map(stored).sort(compareKeys)).toEqual(KEYS.toSorted(compareKeys).map(stored));
});

it("is a path on a disk, and never the directory of another", () => {
  const paths = KEYS.map((key) => pathOfKey("disk", "/disk", stored(key)));
  for (const path of paths) expect(paths.filter((other) => other.startsWith(`${path}/`))).toEqual([]);
});

it("gives none to a key that would be too long on another store", () => {
  expect(adoptedKey("amsterdam", "a".repeat(460))?.length).toBeLessThan(1024 - 64);
  expect(adoptedKey("amsterdam", "a".repeat(1000))).toBeUndefined();
});
