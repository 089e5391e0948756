import { describe, expect, it } from "vitest";
import { rateOf, type Samples, secondsLeft, withSample } from "../../../src/console/upload/rate.ts";

function sampled(...samples: readonly (readonly [atMs: number, sent: number])[]): Samples {
  return samples.reduce<Samples>((all, [at, sent]) => withSample(all, at, sent), []);
}

describe("the rate", () => {
  it("is unknown until a second has passed", () => {
    expect(rateOf(sampled([0, 0], [900, 5000]), 900)).toBeUndefined();
  });

  it("is that of the last ten seconds: what was faster before no longer counts", () => {
    const samples = sampled([0, 0], [1000, 1e9], [11_500, 1e9], [12_500, 1e9 + 2000], [13_500, 1e9 + 4000]);
    expect(rateOf(samples, 13_500)).toBe(2000);
  });

  it("falls while nothing leaves", () => {
    const samples = sampled([0, 0], [1000, 1000]);
    expect(rateOf(samples, 1000)).toBe(1000);
    expect(rateOf(samples, 4000)).toBe(250);
  });

  it("is kept from few samples, however often bytes are counted", () => {
    const samples = Array.from({ length: 5000 }, (_, index) => [index * 4, index] as const);
    expect(sampled(...samples).length).toBeLessThanOrEqual(42);
    expect(rateOf(sampled(...samples), 19_996)).toBeCloseTo(250, -1);
  });

  it("tells how long the rest takes, and says nothing where nothing moves", () => {
    expect(secondsLeft(1000, 100)).toBe(10);
    expect(secondsLeft(0, undefined)).toBe(0);
    expect(secondsLeft(1000, 0)).toBeUndefined();
    expect(secondsLeft(1000, undefined)).toBeUndefined();
  });
});
