// docs/durability.md names the tests that hold its promises: each is there, and none of test/soak is left out.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readDocument } from "./examples.ts";

const rows = [...readDocument("docs/durability.md").matchAll(/^\| `(test\/[^`]+)`: (.+?) \|/gm)].map(
  ([, file = "", title = ""]) => ({ file, title }),
);

describe("the table of tests in docs/durability.md", () => {
  it.each(rows)("names a test of $file: $title", ({ file, title }) => {
    expect(readDocument(file)).toContain(`"${title}"`);
  });

  it("has a row for every file of tests in test/soak", () => {
    const files = readdirSync(join(ROOT, "test/soak")).filter((name) => name.endsWith(".test.ts"));
    const named = new Set(rows.map(({ file }) => file));
    expect(files.filter((name) => !named.has(`test/soak/${name}`))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});
