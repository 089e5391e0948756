// docs/durability.md names the tests that hold its promises, and what each shows: every test is there and names the same,
// every invariant is shown by one, and no file of test/soak is left out.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readDocument } from "./examples.ts";

const text = readDocument("docs/durability.md");

const rows = [...text.matchAll(/^\| `(test\/[^`]+)`: (.+?) \| (.*?) \|/gm)].map(
  ([, file = "", title = "", shows = ""]) => ({ file, title, shows: shows.split(", ") }),
);

const invariants = [...text.matchAll(/^\| (I\d+) \| /gm)].map(([, name = ""]) => name);

/** In the order of the table of invariants. */
function shownBy(of: (file: string) => boolean): readonly string[] {
  const named = new Set(rows.filter(({ file }) => of(file)).flatMap(({ shows }) => shows));
  return invariants.filter((name) => named.has(name));
}

describe("the table of tests in docs/durability.md", () => {
  it.each(rows)("names a test of $file: $title", ({ file, title, shows }) => {
    expect(readDocument(file)).toContain(`"${title}"`);
    expect(shows.filter((name) => !invariants.includes(name))).toEqual([]);
  });

  it.each([...new Set(rows.map(({ file }) => file))])("names what %s says that it shows", (file) => {
    const [, said = ""] = /^\/\/ Shows (.*) of docs\/durability\.md\.$/m.exec(readDocument(file)) ?? [];
    expect(said.split(", ")).toEqual(shownBy((one) => one === file));
  });

  it("has a test for every invariant", () => {
    expect(shownBy(() => true)).toEqual(invariants);
    expect(invariants).toEqual(Array.from({ length: 12 }, (_, at) => `I${at + 1}`));
  });

  it("has a row for every file of tests in test/soak", () => {
    const files = readdirSync(join(ROOT, "test/soak")).filter((name) => name.endsWith(".test.ts"));
    const named = new Set(rows.map(({ file }) => file));
    expect(files.filter((name) => !named.has(`test/soak/${name}`))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});
