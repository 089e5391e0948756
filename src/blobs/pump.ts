/**
 * Reads a stream one chunk at a time: the next is asked for when the last was taken, so nothing piles up here.
 * The stream is never destroyed. After a failure it stays paused, and its later errors are ignored.
 */
import type { Readable } from "node:stream";

/** Ended without 'end': the sender went away. */
export class CutStream extends Error {
  override readonly name = "CutStream";
}

/**
 * Resolves at the end of the stream. Rejects with the error of the stream or of `take`, the signal's reason, or
 * CutStream.
 */
export function pump(
  stream: Readable,
  take: (chunk: Buffer) => Promise<void> | undefined,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    let ended = false;
    let taking = false;
    const stop = (settle: () => void) => {
      if (over) return;
      over = true;
      stream.off("data", onData).off("end", onEnd).off("close", onClose);
      signal?.removeEventListener("abort", onAbort);
      if (!ended) stream.pause();
      settle();
    };
    const fail = (error: unknown) => stop(() => reject(error));
    const onError = fail;
    const onAbort = () => fail(signal?.reason);
    const onEnd = () => {
      ended = true;
      if (!taking) stop(resolve);
    };
    const onClose = () => {
      if (!ended) fail(new CutStream("the stream was closed before its end"));
    };
    const onData = (chunk: Buffer) => {
      let wait: Promise<void> | undefined;
      try {
        wait = take(chunk);
      } catch (error) {
        fail(error);
        return;
      }
      if (wait === undefined) return;
      taking = true;
      stream.pause();
      wait.then(() => {
        taking = false;
        if (ended) stop(resolve);
        else if (!over) stream.resume();
      }, fail);
    };
    if (signal?.aborted) {
      stream.on("error", onError);
      fail(signal.reason);
      return;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    stream.on("error", onError).on("end", onEnd).on("close", onClose).on("data", onData);
    if (stream.destroyed)
      stream.readableEnded
        ? onEnd()
        : fail(stream.errored ?? new CutStream("the stream was closed before it was read"));
  });
}
