import { describe, expect, it } from "vitest";
import { expectedReadMs, steady } from "../../src/backends/expected-read.ts";

describe("expectedReadMs", () => {
  it.each([
    ["nothing was measured", { probeMs: undefined, readMs: undefined, idleMs: 0 }, undefined],
    ["nothing was read", { probeMs: 5, readMs: undefined, idleMs: 1e9 }, 5],
    ["nothing was probed", { probeMs: undefined, readMs: 60, idleMs: 1e9 }, 60],
    ["a read has just ended", { probeMs: 5, readMs: 65, idleMs: 0 }, 65],
    ["none has for a minute", { probeMs: 5, readMs: 65, idleMs: 60_000 }, 35],
    ["none has for long", { probeMs: 5, readMs: 65, idleMs: 3_600_000 }, 5],
    ["probes are slower than reads", { probeMs: 65, readMs: 5, idleMs: 60_000 }, 35],
  ])("when %s", (_, signs, expected) => {
    const found = expectedReadMs(signs);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(expected, 6);
  });
});

describe("steady", () => {
  it.each([
    [undefined, 7, 7],
    [7, undefined, undefined],
    [0.4, 2.4, 0.4],
    [0.4, 2.5, 2.5],
    [100, 121, 100],
    [100, 79, 100],
    [100, 123, 123],
    [100, 77, 77],
  ])("shown %s, now %s: shows %s", (shown, now, expected) => {
    expect(steady(shown, now)).toBe(expected);
  });
});
