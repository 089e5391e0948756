// What keys and names mean to the console, and what it lets nobody be deceived by.
import { describe, expect, it } from "vitest";
import {
  attachment,
  crumbsOf,
  folderFault,
  folderOf,
  isReachable,
  nameOf,
} from "../../src/console/screens/browse/names.ts";
import { bucketNameFault } from "../../src/console/screens/buckets/bucket-name.ts";
import { piecesOf } from "../../src/console/ui/name-pieces.ts";

describe("keys", () => {
  it("go through folders", () => {
    expect(crumbsOf("a/b/")).toEqual([
      { text: "a", prefix: "a/" },
      { text: "b", prefix: "a/b/" },
    ]);
    expect(crumbsOf("/a/").map(({ prefix }) => prefix)).toEqual(["/", "/a/"]);
    expect([crumbsOf(""), folderOf("a/b/c"), folderOf("c"), nameOf("a/b/c", "a/b/")]).toEqual([[], "a/b/", "", "c"]);
  });

  it.each([
    ["a/./b", false],
    ["..", false],
    ["a/..", false],
    ["...", true],
    ["a.b/..c", true],
  ])("%j can be asked for by a browser: %j", (key, reachable) => {
    expect(isReachable(key)).toBe(reachable);
    // The browser's own rule.
    const path = key.split("/").map(encodeURIComponent).join("/");
    expect(new URL(`http://a/bucket/${path}`).pathname === `/bucket/${path}`).toBe(reachable);
  });

  it.each([
    ["a", true],
    ["a/b", true],
    ["", false],
    [" ", false],
    ["/a", false],
    ["a/", false],
    ["a//b", false],
    ["..", false],
  ])("a folder may be called %j: %j", (name, may) => {
    expect(folderFault(name) === undefined).toBe(may);
  });

  it("become names of files that no header can be broken by", () => {
    expect(attachment('a/Zoë\'s "x".txt')).toBe(
      "attachment; filename=\"Zo_'s _x_.txt\"; filename*=UTF-8''Zo%C3%AB%27s%20%22x%22.txt",
    );
    expect(attachment("a/line\r\nbreak")).not.toMatch(/[\r\n]/);
  });
});

describe("names", () => {
  it("show what cannot be seen or turns letters around", () => {
    expect(piecesOf("bill\u202Efdp.exe")).toEqual([
      { text: "bill", isOdd: false },
      { text: "U+202E", isOdd: true },
      { text: "fdp.exe", isOdd: false },
    ]);
    expect(piecesOf("a\0\u200b").map(({ text }) => text)).toEqual(["a", "U+0000", "U+200B"]);
    expect(piecesOf("Ünï👩‍👧 שלום")).toEqual([{ text: "Ünï👩‍👧 שלום", isOdd: false }]);
  });

  it.each([
    ["photos", true],
    ["my.photos-2026", true],
    ["ab", false],
    ["Photos", false],
    ["-photos", false],
    ["photos.", false],
    ["a..b", false],
    ["192.168.1.1", false],
    ["x".repeat(64), false],
  ])("a bucket may be called %j: %j", (name, may) => {
    expect(bucketNameFault(name) === undefined).toBe(may);
  });
});
