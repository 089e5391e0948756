// The way that the relay adds, driven by a clock of the test's own.
import { describe, expect, it } from "vitest";
import { openPath, type PathOptions } from "./path.ts";
import { transferMs } from "./theory.ts";

const RTT = 100;
const SEGMENT = 1000;

function way(change: Partial<PathOptions> = {}) {
  return openPath({ rttMs: RTT, initialWindowBytes: SEGMENT, windowBytes: 8 * SEGMENT, opensAtMs: 0, ...change });
}

/** Sends `bytes` as soon as there is room, from `beginMs` on; what arrived when. */
function send(path: ReturnType<typeof way>, bytes: number, beginMs = 0) {
  const arrived: { readonly atMs: number; readonly bytes: number }[] = [];
  let left = bytes;
  const fill = (atMs: number): void => {
    const some = Math.min(left, path.room(atMs));
    if (some === 0) return;
    path.send(Buffer.alloc(some), atMs);
    left -= some;
  };
  fill(beginMs);
  for (let atMs = path.next(); atMs < Infinity; atMs = path.next()) {
    const chunk = path.pass();
    if (chunk === undefined) fill(atMs);
    else arrived.push({ atMs, bytes: chunk.length });
  }
  return arrived;
}

describe("a path", () => {
  it("delays every chunk by half a round trip and keeps their order", () => {
    const path = way();
    path.send(Buffer.from("a"), 0);
    path.send(Buffer.from("b"), 7);
    path.send(Buffer.alloc(0), 7);
    expect([path.next(), path.pass()?.toString()]).toEqual([50, "a"]);
    expect([path.next(), path.pass()?.toString()]).toEqual([57, "b"]);
    expect([path.next(), path.pass()?.length]).toEqual([57, 0]);
  });

  it("lets nothing leave before it is open", () => {
    const path = way({ opensAtMs: RTT });
    path.send(Buffer.from("a"), 3);
    expect(path.next()).toBe(1.5 * RTT);
  });

  it("has no room for more than the window until an acknowledgement is back", () => {
    const path = way();
    path.send(Buffer.alloc(SEGMENT), 0);
    expect(path.room(0)).toBe(0);
    path.pass();
    expect([path.room(60), path.next()]).toEqual([0, RTT]);
    path.pass();
    expect([path.room(RTT), path.next()]).toEqual([2 * SEGMENT, Infinity]);
  });

  it("sends twice as much with each round trip until the window has its full size", () => {
    const arrived = send(way(), 31 * SEGMENT);
    expect(new Set(arrived.map(({ atMs }) => atMs))).toEqual(new Set([50, 150, 250, 350, 450, 550]));
    const at = (ms: number): number =>
      arrived.filter(({ atMs }) => atMs === ms).reduce((sum, { bytes }) => sum + bytes, 0) / SEGMENT;
    expect([50, 150, 250, 350, 450, 550].map(at)).toEqual([1, 2, 4, 8, 8, 8]);
  });

  it("does not widen a window that is not used", () => {
    const path = way({ initialWindowBytes: 4 * SEGMENT });
    send(path, SEGMENT);
    expect(path.room(RTT)).toBe(4 * SEGMENT);
  });

  it("keeps its window from one answer to the next, and loses it while nothing is sent", () => {
    const path = way();
    send(path, 31 * SEGMENT);
    const soon = send(path, 8 * SEGMENT, 700);
    expect(soon).toEqual([{ atMs: 750, bytes: 8 * SEGMENT }]);
    const late = send(path, 8 * SEGMENT, 100_000);
    expect(late[0]).toEqual({ atMs: 100_050, bytes: SEGMENT });
  });

  it("takes as long as theory says where the line is no limit", () => {
    const line = { rttMs: RTT, initialWindowBytes: SEGMENT, windowBytes: 8 * SEGMENT, bitsPerSecond: 1e15 };
    for (const segments of [1, 2, 3, 4, 7, 8, 15, 16, 100]) {
      const arrived = send(way(), segments * SEGMENT, 1.5 * RTT);
      expect(arrived.at(-1)?.atMs).toBeCloseTo(transferMs(segments * SEGMENT, line), 3);
    }
  });
});

describe("theory", () => {
  const line = { rttMs: RTT, initialWindowBytes: 14_600, windowBytes: 4 * 1024 ** 2, bitsPerSecond: 200e6 };

  it("is a handshake, a request and the line's rate where the way is short", () => {
    expect(transferMs(64 * 1024 ** 2, { ...line, rttMs: 0 })).toBeCloseTo(
      (64 * 1024 ** 2) / (25_000 * (1448 / 1514)),
      3,
    );
  });

  it("is the window over the round trip where the way is long", () => {
    const longer = transferMs(128 * 1024 ** 2, { ...line, rttMs: 300 });
    expect(longer - transferMs(64 * 1024 ** 2, { ...line, rttMs: 300 })).toBeCloseTo(16 * 300, 3);
  });
});
