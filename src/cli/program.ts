/** The commands, one line each. A command that throws ends with one clear line on standard error and exit code 1. */
import { Command, CommanderError } from "commander";
import { packageVersion } from "../version.ts";
import { addAccounts } from "./accounts.ts";
import { addBackends } from "./backends.ts";
import { addBuckets } from "./buckets.ts";
import { addCompletion } from "./completion.ts";
import { addConsole } from "./console.ts";
import { addDemo } from "./demo.ts";
import { addDoctor } from "./doctor.ts";
import { addExplain } from "./explain.ts";
import { addExport } from "./export.ts";
import { addExamples } from "./help-examples.ts";
import { addImport } from "./import.ts";
import { addInit } from "./init.ts";
import { addJobs } from "./jobs.ts";
import { addKeys } from "./keys.ts";
import { messageOf } from "./message-of.ts";
import { addMigrate } from "./migrate.ts";
import { addNode } from "./node.ts";
import { addRestore } from "./restore.ts";
import { addScrub } from "./scrub.ts";
import { addServe } from "./serve.ts";
import { addStats } from "./stats.ts";
import { addStatus } from "./status.ts";
import type { Terminal } from "./terminal.ts";

const COMMANDS = [
  ...[addInit, addServe, addNode, addDemo, addStatus, addDoctor, addStats, addBackends, addKeys],
  ...[
    addAccounts,
    addBuckets,
    addJobs,
    addScrub,
    addExport,
    addImport,
    addRestore,
    addMigrate,
    addExplain,
    addConsole,
    addCompletion,
  ],
];

/** Runs one command to its end and returns the exit code. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<number> {
  const program = makeProgram(terminal);
  try {
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    terminal.complain(`nearbucket: ${messageOf(error)}`);
    return 1;
  }
}

export function makeProgram(terminal: Terminal): Command {
  const program = new Command("nearbucket")
    .version(packageVersion)
    .description("One S3 endpoint over the object stores you already have.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    });
  for (const add of COMMANDS) add(program, terminal);
  addExamples(program);
  return program;
}
