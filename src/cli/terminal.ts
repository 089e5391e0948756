/**
 * A command's access to its process. main.ts passes it in, so that another caller can run commands too.
 */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The base of relative paths on the command line. */
  readonly directory: string;
  /** The command line that starts this program. */
  readonly program: readonly string[];
  /** Prints one or more lines on standard output. */
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Shows a line on standard error in place of the one before it. Undefined: no terminal is there. */
  readonly rewrite: ((line: string) => void) | undefined;
  /** All of standard input, without its final line break. */
  readonly readInput: () => Promise<string>;
  /** Asks for one line, which is not shown while it is typed where it is secret. Undefined: there is no terminal. */
  readonly ask: ((question: string, isSecret: boolean) => Promise<string>) | undefined;
  /** The system user that runs the command. */
  readonly user: string;
  /** Resolves when the process is asked to stop. From the first call on, the first such signal no longer ends it. */
  readonly stopped: () => Promise<void>;
  /** Ends the process at once: the database can no longer be trusted to keep what it acknowledges. */
  readonly die: (text: string) => void;
}

/**
 * What puts `line` in the place of the terminal's last line. One that is wider than `columns` would go on below, and
 * stay there.
 */
export function overwriting(line: string, columns: number): string {
  return `\r\u001b[2K${line.slice(0, Math.max(0, columns - 1))}`;
}

/** One word for a POSIX shell, quoted where it must be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
