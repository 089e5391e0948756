#!/usr/bin/env node
/**
 * The process: arguments, environment, signals, exit code. The only file that knows `process`, beside start.cts, which
 * comes first.
 */
import { once } from "node:events";
import { userInfo } from "node:os";
import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { runProgram } from "./cli/program.ts";
import { overwriting } from "./cli/terminal.ts";

/** What asks a process to stop, and the code that a shell gives to one that it ended. */
const SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;
/** As a shell says it of a program that SIGPIPE has ended. */
const BROKEN_PIPE = 141;

// The AWS SDK would greet every user with the date at which it drops their version of Node.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

// Whoever reads the output may have enough of it, as head has: then the rest is for nobody.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(BROKEN_PIPE);
  });

const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  program: howStarted(),
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  rewrite:
    process.stderr.isTTY && process.env["TERM"] !== "dumb"
      ? (line) => void process.stderr.write(overwriting(line, process.stderr.columns))
      : undefined,
  readInput: async () => (await text(process.stdin)).replace(/\r?\n$/, ""),
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  user: userName(),
  stopped,
  die: (line) => {
    process.stderr.write(`${line}\n`);
    process.exit(1);
  },
});
process.exit(code);

/** npm sets its variable for `npm start` and for npx, both of which find the command under its name. */
function howStarted(): readonly string[] {
  if (process.env["npm_command"] !== undefined) return ["npx", "nearbucket"];
  const [node = "node", file = ""] = process.argv;
  return basename(file) === "nearbucket" ? ["nearbucket"] : [node, file];
}

/**
 * The first signal to stop, from the first call on. A second one, of either kind, ends the process at once, also
 * where it is a container's.
 */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const [signal, code] of Object.entries(SIGNALS))
      process.on(signal, () => {
        if (isAsked) process.exit(code);
        isAsked = true;
        resolve();
      });
  });
}

/** What is secret is not echoed. Rejects when the input ends. */
async function ask(question: string, isSecret: boolean): Promise<string> {
  process.stdout.write(question);
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  lines.setPrompt(isSecret ? "" : question);
  try {
    const [line] = await Promise.race([
      once(lines, "line"),
      once(lines, "close").then(() => Promise.reject(new Error("no more was typed: nothing is written"))),
    ]);
    return String(line).trim();
  } finally {
    lines.close();
    if (isSecret) process.stdout.write("\n");
  }
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
