/**
 * What a command knows of the world outside. main.ts hands it in, so that another process can run commands too.
 */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths given on the command line start. */
  readonly directory: string;
  /** The words that start this program again. */
  readonly program: readonly string[];
  /** A line, or several, on standard output. */
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Standard input to its end, without the line break at its end. */
  readonly readInput: () => Promise<string>;
  /** Who runs the command: the system's user. */
  readonly user: string;
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<void>;
  /** Ends the process at once: the database can no longer be trusted to keep what it acknowledges. */
  readonly die: (text: string) => void;
}

/** One word for a POSIX shell, quoted where it must be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
