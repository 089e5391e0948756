// The documents agree with the code: configuration keys, rules, metrics, links, example configurations.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { apiOperations } from "../../src/api/table.ts";
import { readConfig } from "../../src/config/load.ts";
import { configSchema } from "../../src/config/schema.ts";
import { documents, examples, ROOT, readDocument } from "./examples.ts";

/**
 * Every key of the schema as docs/configuration.md writes it: `listen.port`, `regions[].name`; a backend's keys without
 * a path.
 */
function keysOf(schema: unknown, path = ""): readonly string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return keysOf(schema.unwrap(), path);
  if (schema instanceof z.ZodArray)
    return path === "backends" ? [path, ...keysOf(schema.element)] : keysOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodDiscriminatedUnion) return schema.options.flatMap((option) => keysOf(option, path));
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, inner]) => keysOf(inner, path === "" ? key : `${path}.${key}`));
  return [path.replace(/\[\]$/, "")];
}

/** The targets of the links to other places of the project. */
function linksOf(text: string): readonly string[] {
  return [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => match[1] ?? "");
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(readDocument(target)).includes(heading);
}

/** As the page's readers address them: in lower case, without signs, with hyphens for spaces. */
function headingsOf(text: string): readonly string[] {
  return [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the documents", () => {
  it("have one row for each configuration key, and no row for any other", () => {
    const tables = readDocument("docs/configuration.md")
      .split("\n\n")
      .map((block) => [...block.matchAll(/^\| `([a-z][A-Za-z0-9.[\]]*)` \|/gm)].map((match) => match[1] ?? ""));
    const rows = tables.flat();
    const keys = new Set(keysOf(configSchema));
    // `disk` has its only key in a sentence.
    expect([...keys].filter((key) => !rows.includes(key))).toEqual(["directory"]);
    expect(rows.filter((row) => !keys.has(row))).toEqual([]);
    for (const table of tables) expect(table.filter((row, at) => table.indexOf(row) < at)).toEqual([]);
  });

  it("name every rule of the redirect policy, and no other", () => {
    const policy = readDocument("src/delivery/redirect-rules.ts");
    const rules = new Set([...policy.matchAll(/"(\d+-[a-z-]+)"/g)].map((match) => match[1]));
    const rows = [...readDocument("docs/redirects.md").matchAll(/^\| `(\d+-[a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(new Set(rows)).toEqual(rules);
  });

  it("have one row for each call of the API, as the table of calls says it, and no row for any other", () => {
    const rows = [...readDocument("docs/api.md").matchAll(/^\| `(\w+)` \| (\w+) \| ([A-Z]+) (\S+) \|/gm)];
    const calls = Object.entries(apiOperations).map(([id, { access, method, path }]) => [id, access, method, path]);
    expect(rows.map(([, ...row]) => row).sort()).toEqual(calls.sort());
  });

  it("name every code of the API's own errors", () => {
    const text = readDocument("docs/api.md");
    const codes = [...readDocument("src/api/problems.ts").matchAll(/^ {2}(\w+): \[(\d+), /gm)];
    expect(codes.length).toBeGreaterThan(5);
    for (const [, code, status] of codes) expect(text).toContain(`| \`${code}\` | ${status} |`);
  });

  it("have one row for each metric, and no row for any other", () => {
    const sources = readdirSync(join(ROOT, "src/admin"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readDocument(join("src/admin", file)));
    const names = [...sources.join("").matchAll(/"(nearbucket_\w+)"/g)].map(([, name = ""]) => name);
    const cells = [...readDocument("docs/running.md").matchAll(/^\| (`nearbucket_[^|]+) \|/gm)].map(
      ([, cell = ""]) => cell,
    );
    const rows = cells.flatMap((cell) => [...cell.matchAll(/`(nearbucket_\w+)/g)].map(([, name = ""]) => name));
    expect([...rows].sort()).toEqual([...new Set(names)].sort());
  });

  it.each(documents())("%s links only to files and headings that are there", (file) => {
    expect(linksOf(readDocument(file)).filter((link) => !leadsSomewhere(file, link))).toEqual([]);
  });

  it("would not link to a heading that is not there", () => {
    const links = linksOf(
      "[a](running.md#logs) [b](running.md#no-such) [c](none.md) [d](#no-such) [e](https://e.org/x)",
    );
    expect(links.filter((link) => !leadsSomewhere("docs/configuration.md", link))).toEqual([
      "running.md#no-such",
      "none.md",
      "#no-such",
    ]);
  });

  it.each(examples("yaml", "config"))("$file gives a configuration without faults", ({ text }) => {
    const env = Object.fromEntries(
      [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => [match[1], "a-value-of-some-length"]),
    );
    const checked = readConfig(text, "/etc", {
      NEARBUCKET_ROOT_ACCESS_KEY: "root",
      NEARBUCKET_ROOT_SECRET_KEY: "rootsecret",
      ...env,
    });
    expect("faults" in checked ? checked.faults : []).toEqual([]);
  });

  it.each(documents().filter((file) => file.startsWith("docs/decisions/")))(
    "%s says its status and its date",
    (file) => {
      expect(readDocument(file)).toMatch(/^# .+\n\nStatus: (accepted|superseded by \d{3}), \d{4}-\d\d-\d\d/);
    },
  );

  it("has examples in every document that should", () => {
    expect(new Set(examples("yaml", "config").map(({ file }) => file))).toEqual(
      new Set(["README.md", "docs/configuration.md", "docs/running.md"]),
    );
  });

  it("describes compose's own configuration without faults", () => {
    const env = {
      NEARBUCKET_ROOT_ACCESS_KEY: "root",
      NEARBUCKET_ROOT_SECRET_KEY: "rootsecret",
      STORE_SECRET: "a-secret-of-the-store",
      STORE_REDIRECT_SECRET: "a-secret-for-redirects",
    };
    const checked = readConfig(readDocument("compose/nearbucket.yaml"), "/etc/nearbucket", env);
    expect("faults" in checked ? checked.faults : []).toEqual([]);
  });
});
