// The commands that README, docs and the demo print for pasting are run, against a running demo.
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type RunCommand, startCommand } from "../cli/terminal.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { examples, ROOT } from "./examples.ts";

// Each block starts several programs, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const NEARBUCKET = ["node", join(ROOT, "dist/start.cjs")];

describeWith(["aws", "curl"], "examples to paste", () => {
  let directory: string;
  let demo: RunCommand;
  let greeting: string;
  const shell = (text: string) =>
    run("/bin/bash", ["-e", "-o", "pipefail", "-c", text], {
      cwd: directory,
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "nearbucket paste "));
    // A path with a space: what is printed must be quoted.
    demo = startCommand(["demo", "--port", "0", "--region-count", "2", "--data", "nearbucket-data"], {
      directory,
      program: NEARBUCKET,
    });
    greeting = await demo.greeted;
    await cp(join(ROOT, "package-lock.json"), join(directory, "package-lock.json"));
  });
  afterAll(async () => {
    await demo.stop();
    await rm(directory, { recursive: true });
  });

  it("runs the three commands that the demo prints, twice", async () => {
    const commands = greeting.split("\n").filter((line) => /^(head|curl|node) /.test(line));
    expect(commands.length).toBe(3);
    for (const _ of [1, 2]) {
      const [, read, stats] = [
        await shell(commands[0] ?? ""),
        await shell(commands[1] ?? ""),
        await shell(commands[2] ?? ""),
      ].map(String);
      expect(read).toMatch(
        /^HTTP\/1.1 307 [\s\S]*^x-nearbucket-served: redirect; reason=13-opt-in[\s\S]*^HTTP\/1.1 200 OK[\s\S]*^Content-Length: 8388608/im,
      );
      expect(JSON.parse(stats ?? "")).toMatchObject({ objects: 1 });
    }
  });

  // In the demo's directory and against its port; `npx nearbucket` needs the project's own directory.
  it.each(examples("sh", "run"))("runs the shell block of $file", async ({ text }) => {
    const url = /listens on (http:\S+)/.exec(greeting)?.[1] ?? "";
    await shell(text.replaceAll("http://127.0.0.1:9000", url).replaceAll("npx nearbucket", NEARBUCKET.join(" ")));
  });

  it.each(examples("ts", "run"))("runs the TypeScript block of $file", async ({ text }) => {
    await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
    const program = join(directory, "example.mts");
    await writeFile(program, text.replace('"nearbucket"', JSON.stringify(join(ROOT, "dist/embedded.js"))));
    const said = await run(process.execPath, ["--import", "tsx", program], { cwd: directory });
    expect(said.toString()).toBe("all is well\n");
  });
});
