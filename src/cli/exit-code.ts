/** The exit code of a command that did its work, where that is not 0. */
import { CommanderError } from "commander";

/** It was stopped while it waited for work that goes on. */
export const STOPPED = 130;

/** Ends the command: what it had to say is printed already. */
export function endWith(code: number): never {
  throw new CommanderError(code, "nearbucket.verdict", "");
}
