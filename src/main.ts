#!/usr/bin/env node
/**
 * The process: arguments, environment, signals, exit code. The only file that knows `process`, beside start.cts, which
 * comes first.
 */
import { once } from "node:events";
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runProgram } from "./cli/program.ts";

// The AWS SDK would greet every user with the date at which it drops their version of Node.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const program = fileURLToPath(import.meta.url);
const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  // npm sets it for `npm start` and for npx, both of which find the command under its name.
  program: process.env["npm_command"] === undefined ? [process.execPath, program] : ["npx", "nearbucket"],
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  rewrite: process.stderr.isTTY ? (line) => void process.stderr.write(`\r\u001b[2K${line}`) : undefined,
  readInput: async () => (await text(process.stdin)).replace(/\r?\n$/, ""),
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  user: userName(),
  stopped: stopSignal(),
  die: (line) => {
    process.stderr.write(`${line}\n`);
    process.exit(1);
  },
});
process.exit(code);

/** The first signal to stop. A second one, of either kind, ends the process at once, also where it is a container's. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const [signal, code] of Object.entries({ SIGTERM: 143, SIGINT: 130 }))
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
