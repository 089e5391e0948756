// After which time, and for how many reads, a second replica is asked.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hedging } from "../../../src/blobs/read/hedging.ts";

describe("the time after which a second replica is asked", () => {
  it.each([
    [undefined, undefined, 100],
    [undefined, 60, 180],
    [1, 400, 100],
    [33.2, 1, 100],
    [50.1, 1, 151],
    [166, 1, 498],
    [4000, 1, 500],
  ])("is, where reads usually take %s ms and calls %s ms, %s ms", (usualMs, latencyMs, expected) => {
    expect(new Hedging().delayMs({ reads: { usualMs }, latencyMs })).toBe(expected);
  });
});

describe("the budget", () => {
  it("never allows more than ten, and one more in ten reads", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (wishes) => {
        const hedging = new Hedging();
        let allowed = 0;
        for (const [reads, isWished] of wishes.entries()) {
          hedging.earn();
          if (isWished && hedging.spend()) allowed++;
          expect(allowed).toBeLessThanOrEqual(10 + (reads + 1) / 10);
        }
      }),
    );
  });

  it("allows one in ten for ever", () => {
    const hedging = new Hedging();
    let allowed = 0;
    for (let reads = 0; reads < 10_000; reads++) {
      hedging.earn();
      if (hedging.spend()) allowed++;
    }
    expect(allowed).toBeGreaterThanOrEqual(1000);
    expect(allowed).toBeLessThanOrEqual(1010);
  });
});
