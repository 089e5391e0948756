/**
 * What a transfer through the gateway keeps in memory, whatever its size: a few chunks on each side of it, because the
 * faster side is made to wait.
 */
const WINDOW_BYTES = 512 * 1024;

/** Bytes held at most while so many are read or written as a stream. */
export function heldByTransfer(size: number): number {
  return Math.min(size, WINDOW_BYTES);
}
