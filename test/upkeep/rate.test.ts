import { describe, expect, it } from "vitest";
import { openRate } from "../../src/upkeep/rate.ts";

describe("the rate of background reading", () => {
  it("delays reads beyond it, each until its turn", () => {
    let now = 1000;
    const pauses: number[] = [];
    const rate = openRate(
      1000,
      () => now,
      async (ms) => void pauses.push(ms),
    );
    expect(rate(50)).toBeUndefined();
    expect(rate(50)).toBeInstanceOf(Promise);
    void rate(100);
    expect(pauses).toEqual([100, 200]);
    now += 200;
    expect(rate(50)).toBeUndefined();
  });

  it("does not accumulate while nothing is read", () => {
    let now = 0;
    const rate = openRate(1000, () => now);
    now += 60_000;
    expect(rate(1000)).toBeInstanceOf(Promise);
  });
});
