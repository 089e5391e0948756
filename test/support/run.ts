/** Finds programs on PATH, and runs one to its end without this process's environment settings. */
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to PATH and HOME; nothing else of the test's own environment reaches the program. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer | string;
}

/** A program did not exit with 0. */
export class RunFailed extends Error {
  /** The exit code, or the signal's name. */
  readonly code: number | string;
  /** On standard error. */
  readonly said: string;

  constructor(command: string, code: number | string, said: string, printed: string) {
    super(`${command} ended with ${code}:\n${said}${printed}`);
    this.code = code;
    this.said = said;
  }
}

/** Runs a program to its end and returns its standard output. Throws RunFailed when it does not exit with 0. */
export async function run(
  path: string,
  programArguments: readonly string[],
  options: RunOptions = {},
): Promise<Buffer> {
  const child = spawn(path, programArguments, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], LC_ALL: "C.UTF-8", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  child.stdin.end(options.input);
  const code = await ended;
  if (code === 0) return Buffer.concat(out);
  const command = `${path} ${programArguments.join(" ")}`;
  throw new RunFailed(command, code, `${Buffer.concat(err)}`, `${Buffer.concat(out).subarray(0, 4000)}`);
}

/** The executable files of that name on PATH, in its order. */
export function onPath(name: string): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0;
}
