/** The exit code of a command that did its work, where that is not 0. */
import { CommanderError } from "commander";

/** Ends the command: what it had to say is printed already. */
export function endWith(code: number): never {
  throw new CommanderError(code, "nearbucket.verdict", "");
}
