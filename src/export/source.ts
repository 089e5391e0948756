/**
 * One replica, read from its start to its end. Its last bytes come only when all of them are the blob, so that whoever
 * takes them knows that they are right.
 */
import type { Backend } from "../backends/backend.ts";
import { checkBytes } from "../blobs/read/bytes-check.ts";
import { checkSame } from "../blobs/replicas/verify.ts";
import type { Blob, ByteRange } from "../model.ts";

/** The replica cannot be read, or is not the blob: another may be. */
export class SourceFailure extends Error {
  override readonly name = "SourceFailure";
}

export interface Source {
  /**
   * The bytes of a range, of the whole unless told. Ranges are asked for in order, and leave nothing out. Throws
   * SourceFailure.
   */
  read(range?: ByteRange): AsyncGenerator<Buffer>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

export function openSource(blob: Blob, from: Pick<Backend, "name" | "open">, options: ReadOptions): Source {
  const check = checkBytes(blob);
  let at = 0;
  return {
    async *read(range = { first: 0, last: blob.size - 1 }) {
      try {
        // Nothing can be asked of an empty range, and nothing is wrong with it.
        if (range.last < range.first) return;
        const isWhole = range.last - range.first + 1 === blob.size;
        const opened = await from.open(blob.storageKey, isWhole ? undefined : range, options.signal);
        try {
          checkSame(blob, opened, from.name);
          for await (const chunk of opened.body) {
            check.add(chunk);
            at += chunk.length;
            if (at >= blob.size && !(at === blob.size && check.fits())) throw new Error(`${from.name}: wrong bytes`);
            options.onBytes(chunk.length);
            yield chunk;
          }
        } finally {
          opened.body.destroy();
        }
        if (at !== range.last + 1) throw new Error(`${from.name}: its body ended early`);
      } catch (error) {
        options.signal.throwIfAborted();
        throw new SourceFailure(error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
  };
}
