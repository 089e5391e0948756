// docs/troubleshooting.md: every error code that it names is one that clients can get, and every message that it quotes
// stands in the sources.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readDocument } from "./examples.ts";

const page = readDocument("docs/troubleshooting.md");

/** All sources, with texts that were broken over several lines put together again. */
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readDocument(join("src", file)))
  .join("\n")
  .replace(/["`] \+\s*["`]/g, "");

const codes = [...(/^## What clients say\n([\s\S]*?)^## /m.exec(page)?.[1] ?? "").matchAll(/^\| ([^|]+) \|/gm)].flatMap(
  ([, cell = ""]) => [...cell.matchAll(/`([A-Z][A-Za-z0-9]+)`/g)].map(([, code = ""]) => code),
);

/** The pieces of each quoted message between what differs from time to time. */
const quotes = [...page.matchAll(/^> (.+)$/gm)].map(([, quote = ""]) => ({
  quote,
  pieces: quote.split("…").filter((piece) => piece.trim().length > 2),
}));

describe("docs/troubleshooting.md", () => {
  it("names only error codes that clients can get", () => {
    const table = readDocument("src/errors.ts");
    expect(codes.filter((code) => !table.includes(`\n  ${code}: [`))).toEqual([]);
    expect(codes.length).toBeGreaterThan(15);
  });

  it.each(quotes)("quotes what the program says: $quote", ({ pieces }) => {
    expect(pieces.length).toBeGreaterThan(0);
    expect(pieces.filter((piece) => !sources.includes(piece))).toEqual([]);
  });
});
