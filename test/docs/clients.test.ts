// The examples of docs/clients.md are run as they stand there, against a demo over nodes; and its table says how the
// reads of each program were answered, as the gateway's own metrics count them.
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type RunCommand, runCommand, startCommand } from "../cli/terminal.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { ROOT, readDocument } from "./examples.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const PAGE = readDocument("docs/clients.md");
const PROGRAMS = ["aws", "rclone", "boto3", "go", "restic", "s3cmd", "mc"];
/** Of the page. */
const SECRET = "a-long-random-secret";

interface Block {
  /** Relative to the home directory, of a block that is a file's content. */
  readonly file: string | undefined;
  readonly text: string;
}

const sections = PAGE.split(/^## /m)
  .slice(1)
  .map((section) => ({ title: section.slice(0, section.indexOf("\n")), blocks: blocksOf(section) }))
  .filter(({ blocks }) => blocks.length > 0);

function blocksOf(section: string): readonly Block[] {
  return [...section.matchAll(/^```(\w+) client\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => ({
    file: language === "sh" ? undefined : /^(?:#|\/\/) (?:~\/)?(\S+)\n/.exec(text)?.[1],
    text,
  }));
}

/** How the table says that each program's reads are answered, by family; of the programs that are tested. */
const answered = [...PAGE.matchAll(/^\| [^|]+ \| (redirected|streamed)[^|]* \| `([\w-]+)` \| (?!not tested)/gm)].map(
  ([, how = "", family = ""]) => ({ family, kind: how === "redirected" ? "redirect" : "proxy" }),
);

describeWith(PROGRAMS, "the examples of docs/clients.md", () => {
  let home: string;
  let demo: RunCommand;
  let url: string;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "nearbucket-clients-"));
    const data = join(home, "nearbucket-data");
    // The photo is small, so that ten programs are quick; the rule about small reads is not what is looked at here.
    demo = startCommand(
      ["demo", "--port", "0", "--region-count", "2", "--data", data, "--set", "redirect.minBytes=0"],
      {},
    );
    url = /listens on (http:\S+)/.exec(await demo.greeted)?.[1] ?? "";
    const key = ["--account", "alice", "--access-key", "PHOTOSKEY", "--secret-key-stdin", "--bucket", "photos"];
    const created = await runCommand(["keys", "create", ...key, "--data", data], { input: SECRET });
    expect(created.code, created.err).toBe(0);
    await writeFile(join(home, "photo.jpg"), randomBytes(200_000));
    await symlink(join(ROOT, "node_modules"), join(home, "node_modules"));
    // Go keeps what it downloads and builds where it always does, whatever the home directory.
    const kept = ["GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN"];
    const values = (await run(neededProgram("go"), ["env", ...kept])).toString().split("\n");
    env = { HOME: home, ...Object.fromEntries(kept.map((name, at) => [name, values[at] ?? ""])) };
  });
  afterAll(async () => {
    await demo?.stop();
    await rm(home, { recursive: true, force: true });
  });

  const here = (text: string): string => text.replaceAll("127.0.0.1:9000", new URL(url).host);

  it.each(sections)("brings a photo there and back with $title", async ({ blocks }) => {
    let said = "";
    for (const { file, text } of blocks) {
      if (file === undefined) {
        said += await run("/bin/bash", ["-e", "-o", "pipefail", "-c", here(text)], { cwd: home, env });
      } else {
        await mkdir(join(home, dirname(file)), { recursive: true });
        await writeFile(join(home, file), here(text));
      }
    }
    expect(said).toContain("photo.jpg");
    expect(said).not.toContain("differs");
  });

  it("were answered as the table says", async () => {
    const metrics = await (await fetch(`${url}/-/metrics`)).text();
    const counted = [...metrics.matchAll(/^nearbucket_reads_total\{(.*)\} [1-9]/gm)].map(([, labels = ""]) => ({
      family: /family="([^"]*)"/.exec(labels)?.[1],
      kind: /kind="([^"]*)"/.exec(labels)?.[1],
    }));
    for (const { family, kind } of answered) {
      // An rclone that was built by `go install` does not say its version.
      const names = [family, `${family}-other`];
      const kinds = new Set(counted.filter((one) => names.includes(one.family ?? "")).map((one) => one.kind));
      expect([family, ...kinds], JSON.stringify(counted)).toEqual([family, kind]);
    }
    expect(answered).toHaveLength(8);
  });

  it("has an example for each of the programs that it says it is tested with", () => {
    expect(sections.map(({ title }) => title)).toEqual([
      "aws-cli",
      "rclone",
      "boto3",
      "JavaScript",
      "Go",
      "restic",
      "s3cmd",
      "mc",
    ]);
  });
});
