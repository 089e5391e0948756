// Every command of nearbucket that a document shows exists, and has the options that the document gives it. The numbers
// of docs/one-page.md are metrics of docs/running.md.
import { expect, it } from "vitest";
import { runCommand } from "../cli/terminal.ts";
import { documents, readDocument } from "./examples.ts";

interface Shown {
  readonly file: string;
  readonly line: string;
}

/** The calls of nearbucket in shell blocks, without what follows in the shell, and those within sentences. */
function shownIn(file: string): readonly Shown[] {
  const page = readDocument(file);
  const blocks = [...page.matchAll(/^```(?:sh(?: \w+)?)?\n([\s\S]*?)^```$/gm)];
  const lines = blocks.flatMap(([, text = ""]) => text.replaceAll("\\\n", " ").split("\n"));
  const spans = [...page.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`((?:npx )?nearbucket [a-z][^`]*)`/g)];
  return [...lines, ...spans.map(([, span = ""]) => span)].flatMap((line) => {
    const [, call] = /(?:^|\| |&& )(?:npx )?nearbucket ([a-z][^|<>#]*)/.exec(line) ?? [];
    return call === undefined ? [] : [{ file, line: call.trim() }];
  });
}

/** The words up to the first option or argument: `backends drain`. */
const GROUPS = new Set(["accounts", "backends", "buckets", "jobs", "keys"]);
function commandOf(line: string): readonly string[] {
  const words = line.split(/\s+/);
  return words.slice(0, GROUPS.has(words[0] ?? "") ? 2 : 1);
}

const shown = documents().flatMap(shownIn);

it.each(shown)("$file shows a command that exists: nearbucket $line", async ({ line }) => {
  const { code, out } = await runCommand([...commandOf(line), "--help"]);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: nearbucket ${commandOf(line).join(" ")}`);
  const options = [...line.matchAll(/(?:^| )(--[a-z-]+)/g)].map((match) => match[1] ?? "");
  expect(options.filter((option) => !new RegExp(`${option}\\b`).test(out))).toEqual([]);
});

it("finds the commands of the documents", () => {
  const files = new Set(shown.map(({ file }) => file));
  for (const file of ["docs/one-page.md", "docs/running.md", "docs/troubleshooting.md"]) expect(files).toContain(file);
});

it("names only metrics that there are on the page for the wall", () => {
  const names = [...readDocument("docs/one-page.md").matchAll(/`(nearbucket_\w+)/g)].map((match) => match[1] ?? "");
  const known = readDocument("docs/running.md");
  expect(names.filter((name) => !known.includes(`\`${name}`))).toEqual([]);
  expect(names.length).toBeGreaterThan(10);
});
