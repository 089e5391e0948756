/**
 * Does it work again? Writes or reads as many bytes as the call had that failed, up to a bound: a small probe says
 * little about a store that takes what is small. No client waits for a trial.
 */
import type { GuardedBackend } from "./guarded-backend.ts";
import type { WatchedCall } from "./watched-call.ts";

/** Beside the identity, where every backend may be written to. */
const KEY = "nearbucket-probe";
const MOST_BYTES = 4 * 1024 * 1024;
const LEAST_BYTES = 64 * 1024;
const CHUNK = Buffer.alloc(64 * 1024);

/** Writes and takes away again. `call` hears how it went; returns how to stop it. */
export function tryWrite(backend: GuardedBackend, call: WatchedCall): () => void {
  const size = Math.min(Math.max(call.size, LEAST_BYTES), MOST_BYTES);
  const sink = backend.write(KEY, size, () => undefined, call);
  void writeAll();
  return () => sink.abort();

  async function writeAll(): Promise<void> {
    for (let left = size; left > 0 && sink.failure === undefined; left -= CHUNK.length)
      await sink.write(CHUNK.subarray(0, left));
    // Where it cannot be deleted now, the next small write replaces it, or the next trial.
    if (await sink.finish(undefined)) await backend.delete(KEY).catch(() => undefined);
  }
}

/** Reads and throws away. */
export function tryRead(backend: GuardedBackend, call: WatchedCall): () => void {
  const stopping = new AbortController();
  void readAll();
  return () => stopping.abort(new Error("the trial is over"));

  async function readAll(): Promise<void> {
    const most = Math.min(call.size || MOST_BYTES, MOST_BYTES);
    try {
      const { body } = await backend.open(call.key, undefined, stopping.signal, { call });
      let read = 0;
      for await (const chunk of body) {
        read += chunk.length;
        if (read < most) continue;
        call.succeeded();
        break;
      }
    } catch {
      // The call has heard of it.
    }
  }
}
