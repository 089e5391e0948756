// The commands that README, docs and the demo print for pasting are run, against a running demo.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { readCredentials } from "../../src/cli/credentials-file.ts";
import { type RunCommand, startCommand } from "../cli/terminal.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { examples, ROOT, readDocument } from "./examples.ts";

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

  it("runs the commands that the demo prints, twice", async () => {
    const commands = greeting.split("\n").filter((line) => /^(\.|head|curl|node) /.test(line));
    expect(commands.length).toBe(4);
    const [environment = "", write = "", show = "", count = ""] = commands;
    for (const _ of [1, 2]) {
      await shell(`${environment}\n${write}`);
      const [read, stats] = [await shell(show), await shell(`${environment}\n${count}`)].map(String);
      expect(read).toMatch(
        /^HTTP\/1.1 307 [\s\S]*^x-nearbucket-served: redirect; reason=13-opt-in[\s\S]*^HTTP\/1.1 200 OK[\s\S]*^Content-Length: 8388608/im,
      );
      expect(stats).toMatch(/^objects +1$/m);
    }
  });

  it("sets in a shell, in place of what was set there, what the commands need, and no secret", async () => {
    const had = "export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y AWS_PROFILE=none";
    const said = await shell(
      `${had}\n. nearbucket-data/env\naws s3api list-buckets --query 'Buckets[].Name' --output text`,
    );
    expect(said.toString()).toContain("demo");
    const text = await readFile(join(directory, "nearbucket-data", "env"), "utf8");
    const key = await readCredentials(join(directory, "nearbucket-data", "credentials"));
    expect(text).not.toContain(key?.secretAccessKey);
    expect(greeting).toContain(key?.secretAccessKey);
  });

  it("prints commands short enough to read, and README's first one", async () => {
    const lines = greeting.split("\n");
    expect(lines.filter((line) => line.length > 90 && !line.startsWith("node "))).toEqual([]);
    expect(lines).toContain(". nearbucket-data/env");
    expect(readDocument("README.md")).toMatch(/^\. nearbucket-data\/env\b/m);
    expect(readDocument("README.md")).toContain("npm ci && npm start");
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
