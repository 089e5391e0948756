/** How long a transfer takes by the model, without any relay: pure. */
import type { PathOptions } from "./path.ts";

export interface Line extends Omit<PathOptions, "opensAtMs"> {
  /** With all headers. */
  readonly bitsPerSecond: number;
}

/** Of a full packet, its headers and the Ethernet's around it: what the client gets. */
const PAYLOAD = 1448 / 1514;

/**
 * Milliseconds from the first word of a client to its last byte: a handshake, a request, an answer of `bytes`. The
 * answer goes in rounds of one round trip, each twice the one before, until the window or the line is full; then at
 * their rate.
 */
export function transferMs(bytes: number, { rttMs, initialWindowBytes, windowBytes, bitsPerSecond }: Line): number {
  const bytesPerMs = (bitsPerSecond * PAYLOAD) / 8000;
  let left = bytes;
  let window = Math.min(initialWindowBytes, windowBytes);
  let ms = 2 * rttMs;
  while (left > window && window / bytesPerMs < rttMs) {
    if (window === windowBytes) {
      const rounds = Math.ceil(left / window) - 1;
      return ms + rounds * rttMs + (left - rounds * window) / bytesPerMs;
    }
    left -= window;
    ms += rttMs;
    window = Math.min(windowBytes, window * 2);
  }
  return ms + left / bytesPerMs;
}
