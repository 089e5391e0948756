// Every key has a path of its own that stays below its folder, and the path gives the key back.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fileName, keyOf } from "../../src/export/file-name.ts";

it.each([
  ["holiday/one.jpg", "holiday/one.jpg"],
  ["two ü&+ 100% a%20b.jpg", "two ü&+ 100% a%20b.jpg"],
  ["a//b", "a/%2Fb"],
  ["/a", "%2Fa"],
  ["a/", "a%2F"],
  ["///", "%2F%2F%2F"],
  ["..", "%2E%2E"],
  ["../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"],
  ["a/./b/..", "a/%2E/b/%2E%2E"],
  ["line\nbreak", "line%0Abreak"],
  ["a%2Fb", "a%252Fb"],
  ["%00", "%2500"],
])("names %j %j", (key, file) => {
  expect(fileName(key, false)).toBe(file);
  expect(keyOf(file)).toBe(key);
});

it("sets a key that is a folder too apart from it", () => {
  expect(fileName("a/b", true)).toBe("a/b%00");
  expect(keyOf("a/b%00")).toBe("a/b");
});

it("divides names that are too long for a file", () => {
  expect(fileName("x".repeat(255), false)).toBe("x".repeat(255));
  expect(fileName("x".repeat(300), false)).toBe(`${"x".repeat(249)}%00%00/${"x".repeat(51)}`);
  expect(fileName(`${"x".repeat(249)}${".".repeat(8)}`, false)).toBe(`${"x".repeat(249)}%00%00/........`);
  expect(fileName(`${"ü".repeat(124)}${"y".repeat(6)}..`, false)).toBe(`${"ü".repeat(124)}y%00%00/yyyyy..`);
});

const pieces = ["/", "/", ".", "..", "%", "%2F", "%00", "%2", "0", "\n", "\u007f", "\u0085", "a", "ü", "x".repeat(120)];
const keys = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "grapheme" })), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join("").replaceAll("\0", ""))
  .filter((key) => key !== "");

it("keeps every key below its folder, and gives it back", () => {
  fc.assert(
    fc.property(keys, fc.boolean(), (key, isFolder) => {
      const file = fileName(key, isFolder);
      expect(keyOf(file)).toBe(key);
      for (const name of file.split("/")) {
        expect(["", ".", ".."]).not.toContain(name);
        expect(name).not.toMatch(/\p{Cc}/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }
    }),
    { numRuns: 3000 },
  );
});
