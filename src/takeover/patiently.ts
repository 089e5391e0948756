/** Whoever runs for days meets stores that are away for a minute. */
import { setTimeout as pause } from "node:timers/promises";
import { BackendError } from "../backends/backend.ts";
import { S3Error } from "../errors.ts";

const TRIES = 6;

/** Tries again what failed because somebody did not answer. Throws the last failure, and the signal's reason. */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      await unlessLast(error, attempt, signal);
    }
}

/** A listing that goes on behind what it told when it broke off. `list`: of what comes after a key. */
export async function* listPatiently<T extends { readonly key: string }>(
  list: (after: string | undefined) => AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let after: string | undefined;
  for (let attempt = 1; ; attempt += 1)
    try {
      for await (const one of list(after)) {
        after = one.key;
        attempt = 1;
        yield one;
      }
      return;
    } catch (error) {
      await unlessLast(error, attempt, signal);
    }
}

async function unlessLast(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
  if (attempt === TRIES || signal.aborted || !isPassing(error)) throw error;
  await pause(1000 * 2 ** (attempt - 1), undefined, { signal });
}

function isPassing(error: unknown): boolean {
  if (error instanceof BackendError) return error.fault === "unavailable";
  return error instanceof S3Error && error.status === 503;
}
