// The rules of the source tree: which room may import which, no circular imports, short files, and every operation in
// table, files and docs.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { operations } from "../src/operations/table.ts";
import { FAMILIES, MAY_IMPORT } from "./rooms.ts";

const SRC = join(import.meta.dirname, "../src");

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function readSources(): readonly SourceFile[] {
  const paths = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
  return paths.map((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    const imports = [...text.matchAll(/\bfrom "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)|^import "(\.[^"]+)"/gm)].map(
      (match) => relative(SRC, join(SRC, dirname(path), match[1] ?? match[2] ?? match[3] ?? "")),
    );
    return { path, room: roomOf(path), text, imports };
  });
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** The folder inside a room that a file stands in; undefined for files directly in a room. */
function familyOf(path: string): string | undefined {
  const [room, folder, file] = path.split("/");
  return file === undefined ? undefined : `${room}/${folder}`;
}

/** What `line` captures in a file, in order. */
function linesOf(path: string, line: RegExp): string[] {
  return [...readFileSync(join(SRC, path), "utf8").matchAll(line)].map((match) => match[1] ?? "");
}

const sources = readSources();

describe("the house", () => {
  it("lets each room import only what stands below it", () => {
    const trespasses = sources.flatMap(({ path, room, imports }) =>
      imports
        .filter((target) => roomOf(target) !== room && !MAY_IMPORT[room]?.includes(roomOf(target)))
        .map((target) => `${path} -> ${target}`),
    );
    expect(trespasses).toEqual([]);
  });

  it("lets each family of a room import only itself, its room's own files and the families below it", () => {
    const trespasses = sources.flatMap(({ path, imports }) => {
      const family = familyOf(path);
      if (family === undefined) return [];
      return imports
        .map((target) => ({ target, of: familyOf(target) }))
        .filter(
          ({ target, of }) =>
            of !== undefined && of !== family && roomOf(target) === roomOf(path) && !FAMILIES[family]?.includes(of),
        )
        .map(({ target }) => `${path} -> ${target}`);
    });
    expect(trespasses).toEqual([]);
    expect([...new Set(sources.flatMap(({ path }) => familyOf(path) ?? []))].sort()).toEqual(Object.keys(FAMILIES));
  });

  it("has a row in the table for every room", () => {
    expect([...new Set(sources.map(({ room }) => room))].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([]);
  });

  it("has no circular imports, not even of types", () => {
    const graph = new Map(sources.map(({ path, imports }) => [path, imports]));
    expect(findCircle(graph)).toBeUndefined();
  });

  it("finds a circle where there is one", () => {
    expect(
      findCircle(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["a"]],
        ]),
      ),
    ).toBeDefined();
  });

  it("keeps files at most 300 lines and their median under 80", () => {
    const lengths = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .sort((a, b) => a.lines - b.lines);
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]?.lines).toBeLessThan(80);
  });

  it("keeps lines within 120 columns, strings and comments too", () => {
    const long = sources.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => (line.length > 120 ? [`${path}:${index + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  it("opens every file by saying what it is", () => {
    expect(sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("uses process in main.ts only", () => {
    const uses = sources
      .filter(({ path, text }) => path !== "main.ts" && /\bprocess\.(env|argv|exit|on|once|stdout|stderr)\b/.test(text))
      .map(({ path }) => path);
    expect(uses).toEqual([]);
  });

  it("has every operation as a file of its own or a line of never-set.ts, in the table and in the documentation", () => {
    const files = sources.flatMap(({ path }) => /^operations\/([A-Z]\w+)\.ts$/.exec(path)?.[1] ?? []);
    const lines = linesOf("operations/never-set.ts", /^ {2}([A-Z]\w+): /gm);
    const listed = linesOf("operations/table.ts", /^ {2}([A-Z]\w+),$/gm);
    expect(listed).toEqual(files.sort());
    expect(Object.keys(operations)).toEqual([...listed, ...lines]);
    expect(linesOf("../docs/operations.md", /^\| `([A-Z]\w+)` \|/gm).sort()).toEqual(Object.keys(operations).sort());
  });

  it("writes the same table in docs/architecture.md", () => {
    const text = readFileSync(join(SRC, "../docs/architecture.md"), "utf8");
    for (const [room, allowed] of Object.entries(MAY_IMPORT))
      expect(text).toContain(`| ${room} | ${allowed.join(", ") || "nothing"} |`);
  });
});

function findCircle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(node)) return [...trail, node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...trail, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
