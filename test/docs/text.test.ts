// The documents agree with the code: configuration keys, rules, metrics, links, example configurations.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
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

  it("name every metric", () => {
    const sources = ["metrics", "safety-metrics"].map((name) => readDocument(`src/admin/${name}.ts`)).join("");
    const names = [...sources.matchAll(/"(nearbucket_\w+)"/g)].map((match) => match[1] ?? "");
    const text = readDocument("docs/running.md");
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(text).toContain(`\`${name}`);
  });

  it.each(documents())("%s links only to what is there", (file) => {
    const targets = [...readDocument(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] ?? "",
    );
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(file), target)))).toEqual([]);
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
