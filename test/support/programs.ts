/**
 * The programs that tests with real clients need. Tests without their program are skipped, with a message on standard
 * error; where TEST_REQUIRE_PROGRAMS is set (.ci/run sets it) they fail, so that no test is skipped unnoticed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { onPath } from "./run.ts";

/** Python modules count as programs: the interpreter on PATH that can import it. */
const PYTHON_MODULES = new Set(["boto3"]);
/** Debian keeps PostgreSQL's server programs off PATH, each version in a folder of its own. */
const POSTGRES = "/usr/lib/postgresql";
const POSTGRES_PROGRAMS = new Set(["initdb", "pg_ctl", "pg_isready"]);
/** What makes a program say its version, where it is not `--version`. */
const VERSION: Readonly<Record<string, readonly string[]>> = {
  caddy: ["version"],
  go: ["version"],
  haproxy: ["-v"],
  "mkfs.ext4": ["-V"],
  nginx: ["-v"],
  restic: ["version"],
};
const found = new Map<string, string | undefined>();

/** The path of a program that is there and starts; for a Python module, of an interpreter that imports it. */
function program(name: string): string | undefined {
  if (!found.has(name)) found.set(name, PYTHON_MODULES.has(name) ? pythonWith(name) : starting(name));
  return found.get(name);
}

function starting(name: string): string | undefined {
  const elsewhere =
    POSTGRES_PROGRAMS.has(name) && existsSync(POSTGRES)
      ? readdirSync(POSTGRES).map((version) => join(POSTGRES, version, "bin", name))
      : [];
  return [...onPath(name), ...elsewhere].find((path) => starts(path, VERSION[name] ?? ["--version"]));
}

/** Like `program`, for use inside `describeWith`, where it is known to be there. */
export function neededProgram(name: string): string {
  const path = program(name);
  if (path === undefined) throw new Error(`${name} is not on PATH: name it in describeWith`);
  return path;
}

/** `describe` when all of these programs are there; else skipped loudly, or failed where all are required. */
export function describeWith(needed: readonly string[], title: string, body: () => void): void {
  const missing = needed.filter((name) => program(name) === undefined);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `${missing.join(", ")} not on PATH`;
  if (process.env["TEST_REQUIRE_PROGRAMS"]) {
    it(`${title}: has the programs it needs`, () => {
      throw new Error(reason);
    });
    return;
  }
  process.stderr.write(`SKIPPED ${title}: because ${reason}\n`);
  describe.skip(`${title} (${reason})`, body);
}

function pythonWith(module: string): string | undefined {
  return ["python3", "python"].flatMap(onPath).find((path) => starts(path, ["-c", `import ${module}`]));
}

// A shim or a wrapper may stand on PATH without what it wraps.
function starts(path: string, programArguments: readonly string[]): boolean {
  return spawnSync(path, programArguments, { stdio: "ignore", timeout: 30_000 }).status === 0;
}
