/**
 * Work on a backend ends when the backend does: a store that hangs holds nobody longer than the fleet needs to notice.
 * One listener a signal, however much work is under way.
 */
import { BackendError } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";

const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/** Runs `run` once when the member goes down, at once when it is down; returns what takes that back. */
export function onDown(member: FleetMember, run: () => void): () => void {
  const signal = member.whileUp;
  if (signal.aborted) {
    run();
    return () => undefined;
  }
  const waiting = watchers.get(signal) ?? watch(signal);
  waiting.add(run);
  return () => void waiting.delete(run);
}

/** The work's result, or `unavailable` as soon as the member is down; what comes later than that goes to `late`. */
export function whileUp<T>(member: FleetMember, work: () => Promise<T>, late?: (result: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const stop = onDown(member, () => {
      over = true;
      reject(wentDown(member));
    });
    if (over) return;
    work().then(
      (result) => {
        stop();
        if (over) late?.(result);
        else resolve(result);
      },
      (error: unknown) => {
        stop();
        reject(asBackendError(error, member.backend.name));
      },
    );
  });
}

export function wentDown(member: FleetMember): BackendError {
  return new BackendError(member.backend.name, "unavailable", { detail: "went down", cause: member.whileUp.reason });
}

/** Whatever an adapter or a stream threw, as the one error of the far stores. */
export function asBackendError(error: unknown, backend: string): BackendError {
  return error instanceof BackendError ? error : new BackendError(backend, "unavailable", { cause: error });
}

function watch(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  watchers.set(signal, waiting);
  const runAll = () => {
    for (const run of [...waiting]) run();
    waiting.clear();
  };
  signal.addEventListener("abort", runAll, { once: true });
  return waiting;
}
