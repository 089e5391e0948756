/** Runs commands in this process, as main.ts does. Keeps their output; the test says when to stop. */
import { runProgram } from "../../src/cli/program.ts";

export interface RunCommand {
  readonly printed: () => string;
  readonly complained: () => string;
  /** As SIGTERM does. Resolves with the exit code. */
  readonly stop: () => Promise<number>;
  readonly ended: Promise<number>;
  /** Resolves when something was printed; rejects when the command ends before. */
  readonly greeted: Promise<string>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  readonly program?: readonly string[];
  /** What stands on standard input. */
  readonly input?: string;
  /** What is typed, line by line; without it there is no terminal. */
  readonly typed?: readonly string[];
}

export function startCommand(words: readonly string[], options: RunOptions = {}): RunCommand {
  const stopped = deferred<void>();
  const greeted = deferred<string>();
  let printed = "";
  let complained = "";
  const lines = options.typed?.values();
  const ended = runProgram(words, {
    env: options.env ?? {},
    directory: options.directory ?? "/",
    program: options.program ?? ["nearbucket"],
    print: (text) => {
      printed += `${text}\n`;
      greeted.resolve(text);
    },
    complain: (text) => {
      complained += `${text}\n`;
    },
    rewrite: undefined,
    readInput: async () => options.input ?? "",
    ask:
      lines &&
      (async (question) => {
        printed += question;
        const { value, done } = lines.next();
        if (done) throw new Error("no more was typed");
        return value;
      }),
    user: "tester",
    stopped: () => stopped.promise,
    die: (text) => {
      throw new Error(text);
    },
  });
  void ended.then((code) => greeted.reject(new Error(`ended with ${code}: ${complained}`)));
  greeted.promise.catch(() => undefined);
  const stop = () => {
    stopped.resolve();
    return ended;
  };
  return { printed: () => printed, complained: () => complained, stop, ended, greeted: greeted.promise };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

/** A command that ends by itself. */
export async function runCommand(
  words: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const command = startCommand(words, options);
  const code = await command.ended;
  return { code, out: command.printed(), err: command.complained() };
}
