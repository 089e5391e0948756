/** Changes made on the command line, as lines of the same log that a gateway writes, on standard error. */
import { openLog } from "../log.ts";
import type { Terminal } from "./terminal.ts";

/** `facts`: what was changed; never a secret. */
export function audit(terminal: Terminal, change: string, facts: Readonly<Record<string, unknown>>): void {
  const log = openLog("info", { write: (line) => terminal.complain(line.trimEnd()) });
  log.info({ audit: true, change, user: terminal.user, ...facts }, "changed");
}
