/**
 * One direction of a TCP connection over a long way: pure, the caller brings the clock. Bytes arrive in order, half a
 * round trip after they left; no more are under way than the window, which doubles with each round trip until it has
 * its full size (slow start), and shrinks again while nothing is sent. There is no loss, and the line's rate is not
 * known here.
 */
export interface PathOptions {
  readonly rttMs: number;
  readonly initialWindowBytes: number;
  readonly windowBytes: number;
  /** Nothing leaves before: the handshake takes a round trip. */
  readonly opensAtMs: number;
}

export interface Path {
  /** How many bytes may leave at this time. */
  room(atMs: number): number;
  /** `chunk` has at most `room` bytes; an empty one stands for the end. `atMs`: when it could leave. */
  send(chunk: Buffer, atMs: number): void;
  /** When the next chunk arrives or the next acknowledgement is back. Infinity: nothing is under way. */
  next(): number;
  /** What the event at `next` brings: a chunk, or room for more (undefined). */
  pass(): Buffer | undefined;
}

interface UnderWay {
  readonly atMs: number;
  readonly chunk: Buffer;
}

/** The least time for which Linux waits before it sends again. */
const PATIENCE_MS = 200;

export function openPath({ rttMs, initialWindowBytes, windowBytes, opensAtMs }: PathOptions): Path {
  const arriving: UnderWay[] = [];
  const acknowledging: { readonly atMs: number; readonly bytes: number; readonly full: boolean }[] = [];
  let window = Math.min(initialWindowBytes, windowBytes);
  let underWay = 0;
  let lastMs = opensAtMs;

  const next = (): number => Math.min(arriving[0]?.atMs ?? Infinity, acknowledging[0]?.atMs ?? Infinity);
  return {
    room(atMs) {
      const waits = Math.floor((atMs - lastMs) / (rttMs + PATIENCE_MS));
      if (underWay === 0 && waits > 0) {
        window = Math.max(Math.min(window, initialWindowBytes), Math.floor(window / 2 ** waits));
        lastMs = atMs;
      }
      return Math.max(0, window - underWay);
    },
    send(chunk, atMs) {
      const leavesMs = Math.max(atMs, lastMs);
      lastMs = leavesMs;
      underWay += chunk.length;
      arriving.push({ atMs: leavesMs + rttMs / 2, chunk });
    },
    next,
    pass() {
      const [first] = arriving;
      const [back] = acknowledging;
      if (back !== undefined && (first === undefined || back.atMs <= first.atMs)) {
        acknowledging.shift();
        // As Linux does: a window that was not half used does not grow.
        if (back.full) window = Math.min(windowBytes, window + back.bytes);
        underWay -= back.bytes;
        return undefined;
      }
      if (first === undefined) return undefined;
      arriving.shift();
      acknowledging.push({ atMs: first.atMs + rttMs / 2, bytes: first.chunk.length, full: underWay * 2 > window });
      return first.chunk;
    },
  };
}
