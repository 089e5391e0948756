import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  folderTyped,
  movedInto,
  nameFault,
  renamed,
  routeFault,
  targetOf,
} from "../../../src/console/screens/browse/actions/move-plan.ts";

const object = (key: string) => ({ kind: "object", key, size: 1, modifiedAt: "", etag: "e" }) as const;
const folder = (key: string) => ({ kind: "folder", key }) as const;

describe("where moved objects go", () => {
  it("renames in the same folder", () => {
    expect(renamed(object("a/b.txt"), "c.txt").to).toBe("a/c.txt");
    expect(renamed(object("b.txt"), "c.txt").to).toBe("c.txt");
    expect(renamed(folder("a/b/"), "c").to).toBe("a/c/");
  });

  it("takes a folder along by its name, and everything in it by the rest of its key", () => {
    const [route] = movedInto([folder("2026/trips/")], "old/");
    expect(route).toMatchObject({ from: "2026/trips/", to: "old/trips/" });
    expect(route && targetOf(route, "2026/trips/day 1/a.jpg")).toBe("old/trips/day 1/a.jpg");
    expect(route && targetOf(route, "2026/trips/")).toBe("old/trips/");
  });

  it("never sends two keys to the same place", () => {
    const route = { kind: "folder", from: "a/", to: "b/" } as const;
    const rest = fc.string();
    fc.assert(
      fc.property(rest, rest, (one, other) => {
        fc.pre(one !== other);
        return targetOf(route, `a/${one}`) !== targetOf(route, `a/${other}`);
      }),
    );
  });

  it("refuses a folder inside itself, and what would stay where it is", () => {
    expect(routeFault(movedInto([folder("a/")], "a/b/"))).toContain("itself");
    expect(routeFault(movedInto([folder("a/")], ""))).toContain("already");
    expect(routeFault(movedInto([folder("a/")], "ab/"))).toBeUndefined();
    expect(routeFault(movedInto([object("a/b")], "a/"))).toContain("already");
  });

  it("refuses names that no browser can open, and keys that are too long", () => {
    expect(routeFault([renamed(object("a"), "..")])).toContain("open");
    expect(routeFault([renamed(object("a"), "é".repeat(513))])).toContain("long");
    expect(nameFault("a/b")).toContain("Move");
    expect(nameFault("")).toBeDefined();
    expect(nameFault("b.txt")).toBeUndefined();
  });

  it("takes a folder with or without slashes at its ends", () => {
    expect([folderTyped("/a/b/"), folderTyped("a/b"), folderTyped("/"), folderTyped("")]).toEqual([
      "a/b/",
      "a/b/",
      "",
      "",
    ]);
  });
});
