import { describe, expect, it } from "vitest";
import { MAX_OBJECT_BYTES } from "../../../src/console/upload/parts.ts";
import { select } from "../../../src/console/upload/selection.ts";

function found(path: string, size = 1) {
  return { path, size, file: path };
}

describe("the files somebody chose", () => {
  it("have keys below the folder that is shown, with their own folders", () => {
    const { chosen } = select([found("a.txt"), found("trip/day 1/ü.jpg")], "photos/2026/");
    expect(chosen.map(({ key }) => key)).toEqual(["photos/2026/a.txt", "photos/2026/trip/day 1/ü.jpg"]);
  });

  it("are all uploaded: hidden ones and empty ones too", () => {
    const { chosen, litter } = select([found(".git/HEAD"), found(".env"), found("empty", 0)], "");
    expect(chosen.map(({ key }) => key)).toEqual([".git/HEAD", ".env", "empty"]);
    expect(litter).toBe(0);
  });

  it("lose what systems leave in folders, which is counted", () => {
    const { chosen, litter } = select([found("a/.DS_Store"), found("Thumbs.db"), found("a/Thumbs.db.txt")], "");
    expect(chosen.map(({ key }) => key)).toEqual(["a/Thumbs.db.txt"]);
    expect(litter).toBe(2);
  });

  it("keep names as they are, also those that look like paths, tags or encodings", () => {
    const names = ["a%2Fb", "<img src=x>", "a?b#c&d=e+f", " leading", "e\u0301", "\u{1F600}", 'q"u', "new\nline"];
    const { chosen, unfit } = select(
      names.map((name) => found(name)),
      "",
    );
    expect(chosen.map(({ key }) => key)).toEqual(names);
    expect(unfit).toEqual([]);
  });

  it.each([
    ["a lone surrogate", "bad\ud800name", 1, /no valid text/],
    ["a NUL", "bad\0name", 1, /NUL/],
    ["1,025 bytes of name", `x${"ü".repeat(512)}`, 1, /longer than 1024 bytes/],
    ["a byte more than 5 TiB", "big", MAX_OBJECT_BYTES + 1, /larger than 5 TiB/],
  ])("with %s cannot be stored, and are told why", (_, path, size, why) => {
    const { chosen, unfit } = select([found(path, size), found("good")], "");
    expect(chosen.map(({ key }) => key)).toEqual(["good"]);
    expect(unfit).toEqual([{ path, why: expect.stringMatching(why) }]);
  });

  it("with a name of exactly 1,024 bytes are stored", () => {
    expect(select([found("ü".repeat(510))], "abc/").chosen).toHaveLength(1);
  });

  it("with one key are one object: the later one counts", () => {
    const { chosen } = select([found("a", 1), found("a", 2)], "");
    expect(chosen).toEqual([{ path: "a", key: "a", size: 2, file: "a" }]);
  });
});
