// Every command shows examples, and each names commands and options that there are.
import type { Command } from "commander";
import { expect, it } from "vitest";
import { EXAMPLES } from "../../src/cli/help-examples.ts";
import { makeProgram } from "../../src/cli/program.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { readDocument } from "../docs/examples.ts";
import { runCommand } from "./terminal.ts";

const program = makeProgram({ env: {} } as Terminal);

function leaves(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[path.join(" "), command]];
  return command.commands.flatMap((inner) => leaves(inner, [...path, inner.name()]));
}

const all = leaves(program);

it("has examples for every command, and for no other", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(all.map(([path]) => path).sort());
});

it.each(all)(
  "shows in the help of %s examples with commands, options and numbers of arguments that it takes",
  async (path, command) => {
    const { code, out } = await runCommand([...path.split(" "), "--help"]);
    expect(code).toBe(0);
    const examples = EXAMPLES[path] ?? [];
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      expect(out).toContain(`  ${example}\n`.trimEnd());
      const words = (/nearbucket ([^|)]*)/.exec(example)?.[1] ?? "").trim().split(" ").slice(path.split(" ").length);
      const { operands, unknown } = command.parseOptions(words);
      expect([example, unknown]).toEqual([example, []]);
      expect(operands.length).toBeLessThanOrEqual(command.registeredArguments.length);
    }
  },
);

it.each(all)("has a row for %s in docs/commands.md", (path) => {
  expect(readDocument("docs/commands.md")).toContain(`\`${path}`);
});

it.each(all)("has each option of %s in docs/commands.md", (_, command) => {
  const text = readDocument("docs/commands.md");
  for (const { long } of command.options) expect(text).toContain(`\`${long}`);
});
