/**
 * The pieces of a body in one buffer, that grows with what comes. A list of the pieces would cost a hundred times as
 * much memory as the body when they are tiny, and how large they are is up to the client.
 */

export interface Gathered {
  /** Bytes added so far. */
  readonly size: number;
  add(piece: Buffer): void;
  /** All bytes that were added; it may be the only piece itself. */
  whole(): Buffer;
}

const FIRST_BYTES = 64 * 1024;
const GROWTH = 4;

/** `limit`: bytes that may be added at the most; the caller refuses more. */
export function gather(limit: number): Gathered {
  let buffer: Buffer = Buffer.alloc(0);
  const gathered: Gathered & { size: number } = {
    size: 0,
    add(piece) {
      const { size } = gathered;
      const needed = size + piece.length;
      if (size === 0) {
        buffer = piece;
      } else {
        if (needed > buffer.length) {
          const grown = Buffer.allocUnsafeSlow(
            Math.max(needed, Math.min(limit, Math.max(FIRST_BYTES, buffer.length * GROWTH))),
          );
          grown.set(buffer.subarray(0, size));
          buffer = grown;
        }
        buffer.set(piece, size);
      }
      gathered.size = needed;
    },
    whole: () => (buffer.length === gathered.size ? buffer : buffer.subarray(0, gathered.size)),
  };
  return gathered;
}
