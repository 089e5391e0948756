// The printed scripts, in the shells themselves: what a user gets on pressing Tab.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runCommand } from "./terminal.ts";

async function script(shell: string): Promise<string> {
  const { code, out } = await runCommand(["completion", shell]);
  expect(code).toBe(0);
  return out;
}

/** What bash offers where the last of `words` is being written. */
async function inBash(words: readonly string[], cwd?: string): Promise<readonly string[]> {
  const typed = `COMP_WORDS=(nearbucket ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}`;
  const ask = `${await script("bash")}\n${typed}\n_nearbucket\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = await run("/bin/bash", ["--norc", "-u", "-c", ask], cwd === undefined ? {} : { cwd });
  return said.toString().trim().split("\n").sort();
}

describe("completion in bash", () => {
  it.each([
    [["stat"], ["stats", "status"]],
    [
      ["backends", "re"],
      ["remove", "replace", "resume"],
    ],
    [["backends", "--data", "keys", "dr"], ["drain"]],
    [["keys", "create", "--read"], ["--read-only"]],
    [
      ["keys", "create", "--redirect", "a"],
      ["always", "auto"],
    ],
    [["keys", "create", "--redirect", "=", "o"], ["off"]],
    [
      ["keys", "create", "--redirect", "="],
      ["always", "auto", "off"],
    ],
    [["keys", "create", "--account", "a"], [""]],
    [
      ["completion", ""],
      ["bash", "fish", "zsh"],
    ],
    [["status", "--j"], ["--json"]],
    [["status", "--json", "--he"], ["--help"]],
    [["nothing", "of", "that"], [""]],
  ])("offers for %j: %j", async (words, offered) => {
    expect(await inBash(words)).toEqual(offered);
  });

  it("offers files and directories where an option takes one, names with spaces too", async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "near data"));
    await writeFile(join(directory, "nearbucket.yaml"), "");
    expect(await inBash(["status", "--config", "near"], directory)).toEqual(["near data", "nearbucket.yaml"]);
    expect(await inBash(["status", "--data", "near"], directory)).toEqual(["near data"]);
  });

  it("is registered for the command", async () => {
    const said = await run("/bin/bash", ["--norc", "-c", `${await script("bash")}\ncomplete -p nearbucket`]);
    expect(said.toString()).toBe("complete -F _nearbucket nearbucket\n");
  });
});

it("refuses a shell that it does not know", async () => {
  expect(await runCommand(["completion", "tcsh"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("bash, zsh"),
  });
});

describeWith(["zsh"], "completion in zsh", () => {
  it("is a script that zsh takes, and offers what comes next", async () => {
    const stand = `_describe() { print -l -- \${(P)2} }; compdef() { }; `;
    const ask = "words=(nearbucket backends re); CURRENT=3; _nearbucket";
    const said = await run("zsh", ["-f", "-c", `${stand}${await script("zsh")}\n${ask}`]);
    expect(said.toString()).toContain("drain:give a backend nothing new");
  });
});

describeWith(["fish"], "completion in fish", () => {
  it("offers commands, options and their values", async () => {
    const source = await script("fish");
    const ask = async (line: string) =>
      (await run("fish", ["-N", "-c", `${source}\ncomplete -C '${line}'`])).toString();
    expect(await ask("nearbucket backends re")).toMatch(/^remove\t/m);
    expect(await ask("nearbucket keys create --redirect ")).toContain("always");
  });
});
